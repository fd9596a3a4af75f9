// Pods (upstream printPod in pkg/printers/internalversion/printers.go).

import { humanDuration } from '../../machinery/duration.ts';
import type {
  V1ContainerState,
  V1ContainerStatus,
  V1Pod,
  V1PodSpec,
  V1PodTemplate,
} from '../generated/types.ts';
import { age, labelsText, nameOf, orNone, printer } from './columns.ts';

interface Count {
  ready: number;
  restarts: number;
  /** Milliseconds since the epoch; 0 if nothing ended yet. */
  lastRestart: number;
}

const finishedAt = (status: V1ContainerStatus): number => {
  const time = status.lastState?.terminated?.finishedAt as string | undefined;
  return time ? Date.parse(time) : 0;
};

const exitText = (terminated: NonNullable<V1ContainerState['terminated']>): string =>
  terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;

const isTrue = (pod: V1Pod, type: string): boolean =>
  pod.status?.conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false;

/** Names of init containers that go on running beside the others. */
const sidecars = (pod: V1Pod): Set<string> =>
  new Set(pod.spec?.initContainers?.filter(each => each.restartPolicy === 'Always').map(each => each.name));

/** Reason while init containers run; undefined once they are done. */
function initialising(pod: V1Pod, total: Count, sidecar: Count): string | undefined {
  const restartable = sidecars(pod);
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = restartable.has(status.name);
    for (const count of isSidecar ? [total, sidecar] : [total]) {
      count.restarts += status.restartCount;
      count.lastRestart = Math.max(count.lastRestart, finishedAt(status));
    }
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (isSidecar && status.started) {
      if (status.ready) total.ready++;
      continue;
    }
    if (terminated) return `Init:${terminated.reason || exitText(terminated)}`;
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
    return `Init:${index}/${pod.spec?.initContainers?.length ?? 0}`;
  }
  return undefined;
}

/** Reason by the containers, the first one's over the others'. */
function running(pod: V1Pod, before: string, total: Count): string {
  let reason = before;
  let anyRuns = false;
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    total.restarts += status.restartCount;
    total.lastRestart = Math.max(total.lastRestart, finishedAt(status));
    const { terminated, waiting, running: runs } = status.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) reason = terminated.reason || exitText(terminated);
    else if (status.ready && runs) {
      anyRuns = true;
      total.ready++;
    }
  }
  if (reason === 'Completed' && anyRuns) return isTrue(pod, 'Ready') ? 'Running' : 'NotReady';
  return reason;
}

/** What the columns Ready, Status and Restarts tell. */
export function summarise(pod: V1Pod): Count & { containers: number; reason: string } {
  const { status, spec, metadata } = pod;
  const total: Count = { ready: 0, restarts: 0, lastRestart: 0 };
  const sidecar: Count = { ready: 0, restarts: 0, lastRestart: 0 };
  const gated = status?.conditions?.some(
    condition => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  );
  let reason = gated ? 'SchedulingGated' : status?.reason || status?.phase || '';
  const early = initialising(pod, total, sidecar);
  if (early) reason = early;
  if (!early || isTrue(pod, 'Initialized')) {
    total.restarts = sidecar.restarts;
    total.lastRestart = sidecar.lastRestart;
    reason = running(pod, reason, total);
  }
  if (metadata?.deletionTimestamp) {
    if (status?.reason === 'NodeLost') reason = 'Unknown';
    else if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') reason = 'Terminating';
  }
  return { ...total, containers: (spec?.containers?.length ?? 0) + sidecars(pod).size, reason };
}

function readinessGates(pod: V1Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  return `${gates.filter(gate => isTrue(pod, gate.conditionType)).length}/${gates.length}`;
}

export const podPrinter = printer<V1Pod>(
  'Name, Ready, Status, Restarts, Age, +IP, +Node, +Nominated Node, +Readiness Gates',
  (pod, now) => {
    const { ready, containers, reason, restarts, lastRestart } = summarise(pod);
    const ago = restarts > 0 && lastRestart > 0 ? ` (${humanDuration(now - lastRestart)} ago)` : '';
    const ip = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP;
    return [
      nameOf(pod),
      `${ready}/${containers}`,
      reason,
      `${restarts}${ago}`,
      age(pod, now),
      orNone(ip),
      orNone(pod.spec?.nodeName),
      orNone(pod.status?.nominatedNodeName),
      readinessGates(pod),
    ];
  },
);

/** Names and images of a template's containers. */
export const containersText = (spec: V1PodSpec | undefined): [string, string] => {
  const containers = spec?.containers ?? [];
  return [containers.map(each => each.name).join(','), containers.map(each => each.image ?? '').join(',')];
};

export const podTemplatePrinter = printer<V1PodTemplate>(
  'Name, Containers, Images, Pod Labels',
  ({ metadata, template }) => [
    metadata?.name ?? '',
    ...containersText(template?.spec),
    labelsText(template?.metadata?.labels),
  ],
);
