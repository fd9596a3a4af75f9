// Where Pods of a DaemonSet run (upstream: pkg/controller/daemon/daemon_controller.go, util/daemonset_util.go).
import type {
  V1DaemonSet,
  V1Node,
  V1Pod,
  V1PodTemplateSpec,
  V1Toleration,
} from '../../api/generated/types.ts';
import { requiredNodes } from '../../machinery/node-affinity.ts';
import { isTolerated } from '../../machinery/tolerations.ts';

const exists = (key: string, effect: string): V1Toleration => ({ key, operator: 'Exists', effect });
const always: readonly V1Toleration[] = [
  exists('node.kubernetes.io/not-ready', 'NoExecute'),
  exists('node.kubernetes.io/unreachable', 'NoExecute'),
  exists('node.kubernetes.io/disk-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/memory-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/pid-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/unschedulable', 'NoSchedule'),
];

/** The template's tolerations and those that all daemon Pods have. */
export function daemonTolerations(template: V1PodTemplateSpec): V1Toleration[] {
  const own = template.spec?.tolerations ?? [];
  const network = exists('node.kubernetes.io/network-unavailable', 'NoSchedule');
  const wanted = template.spec?.hostNetwork ? [...always, network] : always;
  const known = ({ key, effect, operator }: V1Toleration): boolean =>
    own.some(mine => mine.key === key && mine.effect === effect && mine.operator === operator);
  return [...own, ...wanted.filter(toleration => !known(toleration))];
}

export interface NodeVerdict {
  /** A Pod is to be started. */
  run: boolean;
  /** One that is there may stay. */
  stay: boolean;
}

export function verdictOn(set: V1DaemonSet, node: V1Node): NodeVerdict {
  const { template } = set.spec!;
  const { name = '', labels = {} } = node.metadata ?? {};
  if (requiredNodes(template.spec)?.({ name, labels }) === false) return { run: false, stay: false };
  const tolerations = daemonTolerations(template);
  const refused = (effects: string[]): boolean =>
    (node.spec?.taints ?? []).some(
      taint => effects.includes(taint.effect) && !isTolerated(taint, tolerations),
    );
  return { run: !refused(['NoSchedule', 'NoExecute']), stay: !refused(['NoExecute']) };
}

/** The template's Pod for one node: the scheduler puts it there and nowhere else. */
export function templateFor(template: V1PodTemplateSpec, node: string): V1PodTemplateSpec {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const required = template.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms.map(({ matchExpressions }) => ({
    matchExpressions,
    ...term,
  })) ?? [term];
  return {
    ...template,
    spec: {
      ...template.spec!,
      tolerations: daemonTolerations(template),
      affinity: {
        ...template.spec?.affinity,
        nodeAffinity: {
          ...template.spec?.affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
        },
      },
    },
  };
}

/** The node that a daemon Pod is on, or meant for. */
export function targetNode(pod: V1Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? [])
    for (const { key, values } of matchFields)
      if (key === 'metadata.name' && values?.length === 1) return values[0];
  return undefined;
}
