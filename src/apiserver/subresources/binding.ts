// pods/binding and bindings: a Pod gets its node, once (upstream pkg/registry/core/pod/storage/storage.go).
import { pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Binding } from '../../api/generated/types.ts';
import { timestamp } from '../../machinery/clock.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { badRequest, conflict, invalid } from '../../machinery/status-errors.ts';
import type { ReviewHandler, StageContext, SubresourceHandler } from '../contracts.ts';

export const success = (code = 201): KubeObject =>
  ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code }) as KubeObject;

function checkTarget(binding: V1Binding): string {
  const { kind, name } = binding.target ?? {};
  if (kind && kind !== 'Node') {
    throw invalid({ group: '', kind: 'Binding' }, binding.metadata?.name ?? '', [
      {
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`,
        field: 'target.kind',
      },
    ]);
  }
  if (!name) {
    throw invalid({ group: '', kind: 'Binding' }, binding.metadata?.name ?? '', [
      { reason: 'FieldValueRequired', message: 'Required value', field: 'target.name' },
    ]);
  }
  return name;
}

async function bind(
  { rewrite, clock }: Pick<StageContext, 'rewrite' | 'clock'>,
  namespace: string,
  binding: V1Binding,
  dryRun: boolean,
): Promise<KubeObject> {
  const { name = '', uid, resourceVersion, annotations, labels } = binding.metadata ?? {};
  const node = checkTarget(binding);
  const change = (
    pod: Parameters<Parameters<typeof rewrite<NonNullable<(typeof pods)['type']>>>[3]>[0],
  ): void => {
    const refuse = (why: string) => conflict({ group: '', resource: 'pods/binding' }, name, why);
    if (uid && uid !== pod.metadata.uid) {
      throw refuse(
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
      );
    }
    if (resourceVersion && resourceVersion !== pod.metadata.resourceVersion) {
      throw refuse(
        `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`,
      );
    }
    if (pod.metadata.deletionTimestamp)
      throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
    if (pod.spec?.nodeName)
      throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
    if (pod.spec?.schedulingGates?.length) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
    pod.spec!.nodeName = node;
    if (annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
    if (labels) pod.metadata.labels = { ...pod.metadata.labels, ...labels };
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
    const scheduled = {
      type: 'PodScheduled',
      status: 'True',
      observedGeneration: pod.metadata.generation,
      lastProbeTime: null as unknown as undefined,
      lastTransitionTime: timestamp(clock.now()),
    };
    pod.status = { ...pod.status, conditions: [...others, scheduled] };
  };
  await rewrite(pods, name, namespace, change, { dryRun });
  return success();
}

export const bindingHandler = (context: StageContext): SubresourceHandler => ({
  group: '',
  resource: 'pods',
  subresource: 'binding',
  async handle({ namespace, name, body, dryRun }) {
    const binding = body as V1Binding;
    if (binding.metadata?.name && binding.metadata.name !== name)
      throw badRequest('name in URL does not match name in Binding object');
    return bind(context, namespace, { ...binding, metadata: { ...binding.metadata, name } }, dryRun);
  },
});

/** The same without the Pod's name in the path. */
export const bindingsHandler = (context: StageContext): ReviewHandler => ({
  group: '',
  resource: 'bindings',
  handle: ({ namespace, body }) => bind(context, namespace, body as V1Binding, false),
});
