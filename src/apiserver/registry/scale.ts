import type { V1LabelSelector, V1Scale } from '../../api/generated/types.ts';
import { compileLabelSelector, selectorFromLabels } from '../../machinery/labels.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { badRequest, invalid, modified } from '../../machinery/status-errors.ts';
import { cloneJson } from './clone.ts';
import type { Core, WriteCall } from './core.ts';
import { identify } from './decode.ts';
import { type PatchRequest, patched } from './patch.ts';
import { getObject } from './read.ts';
import { updateObject } from './update.ts';

type Scalable = Stored<KubeObject> & {
  spec?: { replicas?: number; selector?: V1LabelSelector | Record<string, string> };
  status?: { replicas?: number };
};

const kind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

function selectorText(selector: V1LabelSelector | Record<string, string> | undefined): string {
  if (!selector) return '';
  const structured = 'matchLabels' in selector || 'matchExpressions' in selector;
  return structured
    ? compileLabelSelector(selector as V1LabelSelector).toString()
    : selectorFromLabels(selector as Record<string, string>).toString();
}

/** The Scale of anything that has `spec.replicas`. */
export function scaleOf(object: Stored<KubeObject>): V1Scale {
  const { metadata, spec, status } = object as Scalable;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = selectorText(spec?.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as V1Scale['metadata'],
    spec: spec?.replicas ? { replicas: spec.replicas } : {},
    status: { replicas: status?.replicas ?? 0, ...(selector ? { selector } : {}) },
  };
}

export const getScale = async (core: Core, call: WriteCall): Promise<V1Scale> =>
  scaleOf((await getObject(core, call)).object);

/** Writes `spec.replicas` of the parent; `next` makes the wanted Scale from the present one. */
async function writeScale(
  core: Core,
  call: WriteCall,
  next: (scale: V1Scale) => KubeObject,
): Promise<V1Scale> {
  const { registration, name } = call;
  const { view } = await updateObject(core, call, {
    produce(existing) {
      const scale = identify(next(scaleOf(existing!)), kind) as V1Scale;
      const { metadata } = scale;
      if (metadata?.name && metadata.name !== name)
        throw badRequest(
          `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
        );
      if (metadata?.uid && metadata.uid !== existing!.metadata.uid) throw modified(registration, name);
      if (metadata?.resourceVersion && metadata.resourceVersion !== existing!.metadata.resourceVersion)
        throw modified(registration, name);
      const replicas = scale.spec?.replicas ?? 0;
      if (replicas < 0) {
        throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
          {
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
            field: 'spec.replicas',
          },
        ]);
      }
      const object = cloneJson(existing) as unknown as Scalable;
      object.spec = { ...object.spec, replicas };
      return object;
    },
  });
  return scaleOf(view.object);
}

export const updateScale = (core: Core, call: WriteCall, body: KubeObject): Promise<V1Scale> =>
  writeScale(core, call, () => cloneJson(body));

export const patchScale = (core: Core, call: WriteCall, patch: PatchRequest): Promise<V1Scale> =>
  writeScale(core, call, scale => patched(call, scale, patch, 'V1Scale'));
