// Small plugins that look at one thing of a Pod or Node (upstream plugin/pkg/admission/{defaulttolerationseconds,nodetaint,runtimeclass}).
import { runtimeclasses } from '../../api/generated/resources/node.k8s.io.v1.ts';
import type { V1Node, V1Pod, V1PodSpec, V1RuntimeClass, V1Toleration } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { Informers } from '../../client/informer.ts';
import { equal } from '../../machinery/equality.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contracts.ts';
import { isFor, refuse } from './refuse.ts';

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';
/** Seconds that a Pod stays on a node that has gone quiet. */
const patience = 300;

const tolerates = ({ key, effect }: V1Toleration, taint: string): boolean =>
  (key === taint || !key) && (effect === 'NoExecute' || !effect);

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  admit(request) {
    if (!isFor(request, '', 'pods')) return;
    if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
    const spec = (request.object as V1Pod).spec;
    if (!spec) return;
    const missing = [notReady, unreachable].filter(
      taint => !spec.tolerations?.some(toleration => tolerates(toleration, taint)),
    );
    if (missing.length === 0) return;
    spec.tolerations = [
      ...(spec.tolerations ?? []),
      ...missing.map(key => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: patience })),
    ];
  },
};

/** A new node gets no Pods before it says that it is ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  admit(request) {
    if (request.operation !== 'CREATE' || !isFor(request, '', 'nodes')) return;
    const node = request.object as V1Node;
    const spec = (node.spec ??= {});
    if (spec.taints?.some(({ key, effect }) => key === notReady && effect === 'NoSchedule')) return;
    spec.taints = [...(spec.taints ?? []), { key: notReady, effect: 'NoSchedule' }];
  },
};

/** What a RuntimeClass costs and where it runs goes into the Pod. */
export function runtimeClassAdmission(informers: Informers, client: Client): AdmissionPlugin {
  const informer = informers.for(runtimeclasses);

  const find = async (request: AdmissionRequest, name: string): Promise<V1RuntimeClass> => {
    const cached = informer.get(name);
    if (cached) return cached;
    try {
      return await client.get(runtimeclasses, name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw refuse(request, `pod rejected: RuntimeClass "${name}" not found`);
    }
  };

  const apply = (
    request: AdmissionRequest,
    spec: V1PodSpec,
    { overhead, scheduling }: V1RuntimeClass,
  ): void => {
    if (overhead?.podFixed) {
      if (spec.overhead && !equal(spec.overhead, overhead.podFixed))
        throw refuse(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      spec.overhead = { ...overhead.podFixed };
    }
    for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
      const selector = (spec.nodeSelector ??= {});
      if (selector[key] !== undefined && selector[key] !== value)
        throw refuse(
          request,
          `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${selector[key]}`,
        );
      selector[key] = value;
    }
    const added = (scheduling?.tolerations ?? []).filter(
      toleration => !spec.tolerations?.some(each => equal(each, toleration)),
    );
    if (added.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...structuredClone(added)];
  };

  return {
    name: 'RuntimeClass',
    admit(request) {
      if (request.operation !== 'CREATE' || !isFor(request, '', 'pods')) return;
      const spec = (request.object as V1Pod).spec;
      if (!spec) return;
      const name = spec.runtimeClassName;
      if (name) return find(request, name).then(found => apply(request, spec, found));
      if (spec.overhead && Object.keys(spec.overhead).length > 0) {
        throw refuse(
          request,
          'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
        );
      }
    },
  };
}
