// Finding pods of lower priority whose removal makes room (pkg/scheduler/framework/preemption). Nothing is removed here:
// the snapshot is tried without them and put back as it was.
import type { V1PodDisruptionBudget } from '../api/generated/types.ts';
import { compileLabelSelector } from '../machinery/labels.ts';
import { preemptionMessage } from './fit-error.ts';
import type { FilterPlugin, Rejection, View } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Refusal } from './select-node.ts';

export type Preemption = { node: NodeInfo; victims: readonly PodInfo[] } | { message: string };

interface Candidate {
  node: NodeInfo;
  /** The most important first. */
  victims: PodInfo[];
  violations: number;
}

const notHelpful = 'Preemption is not helpful for scheduling';
const noVictims = 'No preemption victims found for incoming pod';
/** Candidates looked for: a tenth of the nodes, but at least so many. */
const minCandidates = 100;

const startOf = ({ pod }: PodInfo): string => pod.status?.startTime ?? '9999';
const byImportance = (a: PodInfo, b: PodInfo): number =>
  b.priority - a.priority || (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0);

function rejectionOf(
  filters: readonly FilterPlugin[],
  pod: PodInfo,
  view: View,
  node: NodeInfo,
): Rejection | undefined {
  for (const plugin of filters) {
    const rejection = plugin.prepare(pod, view)?.filter?.(node);
    if (rejection) return rejection;
  }
  return undefined;
}

/** Those of the pods whose removal their budgets do not allow. */
function protectedPods(pods: readonly PodInfo[], budgets: readonly V1PodDisruptionBudget[]): Set<PodInfo> {
  const found = new Set<PodInfo>();
  const left = budgets.map(budget => budget.status?.disruptionsAllowed ?? 0);
  for (const info of pods) {
    for (const [i, { metadata, spec, status }] of budgets.entries()) {
      if (metadata?.namespace !== info.namespace || !info.pod.metadata.labels) continue;
      const selector = compileLabelSelector(spec?.selector);
      if (selector.empty || !selector.matches(info.pod.metadata.labels)) continue;
      if (status?.disruptedPods?.[info.pod.metadata.name]) continue;
      left[i]!--;
      if (left[i]! < 0) found.add(info);
    }
  }
  return found;
}

/** As few victims as possible on one node, or why there is no use. */
function tryNode(
  filters: readonly FilterPlugin[],
  pod: PodInfo,
  view: View,
  node: NodeInfo,
): Candidate | readonly string[] {
  const lower = [...node.pods.values()].filter(({ priority }) => priority < pod.priority).sort(byImportance);
  if (lower.length === 0) return [noVictims];
  const budgets = view.lookups.disruptionBudgets();
  const guarded = protectedPods(lower, budgets);
  const restore = new Map(lower.map(info => [info, view.snapshot.lift(info.key)]));
  const victims: PodInfo[] = [];
  try {
    const rejection = rejectionOf(filters, pod, view, node);
    if (rejection) return rejection.reasons;
    // Those whose budgets forbid it are spared first, then the more important.
    const order = [...lower.filter(info => guarded.has(info)), ...lower.filter(info => !guarded.has(info))];
    for (const info of order) {
      restore.get(info)!();
      if (!rejectionOf(filters, pod, view, node)) {
        restore.delete(info);
        continue;
      }
      restore.set(info, view.snapshot.lift(info.key));
      victims.push(info);
    }
  } finally {
    for (const put of restore.values()) put();
  }
  if (victims.length === 0) return [noVictims];
  const violations = victims.filter(info => guarded.has(info)).length;
  return { node, victims: victims.sort(byImportance), violations };
}

/** Ever finer criteria; the first that tells two candidates apart decides. Lower is better. */
const criteria: readonly ((candidate: Candidate) => number | string)[] = [
  ({ violations }) => violations,
  ({ victims }) => victims[0]!.priority,
  ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
  ({ victims }) => victims.length,
];

/** Of the most important victims the one that has run longest; the node where that one is youngest is preferred. */
const earliestStart = ({ victims }: Candidate): string =>
  victims
    .filter(({ priority }) => priority === victims[0]!.priority)
    .map(startOf)
    .sort()[0]!;

function best(candidates: readonly Candidate[]): Candidate {
  let left = candidates;
  for (const measure of criteria) {
    const values = left.map(measure);
    const least = values.reduce((a, b) => (b < a ? b : a));
    left = left.filter((_, i) => values[i] === least);
    if (left.length === 1) return left[0]!;
  }
  return left.reduce((a, b) => (earliestStart(b) > earliestStart(a) ? b : a));
}

/** Why this pod may not preempt others, if so. */
function ineligible({ pod, priority }: PodInfo, view: View): string | undefined {
  if (pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = view.snapshot.node(view.nominations.nodeOf(pod.metadata.uid) ?? '');
  for (const other of nominated?.pods.values() ?? []) {
    if (other.priority < priority && other.pod.metadata.deletionTimestamp) {
      return 'not eligible due to terminating pod on the nominated node.';
    }
  }
  return undefined;
}

/** Looks for the node whose pods of lower priority are the easiest to do without. */
export function findPreemption(
  filters: readonly FilterPlugin[],
  pod: PodInfo,
  view: View,
  refusal: Refusal,
): Preemption {
  const reason = ineligible(pod, view);
  if (reason) return { message: reason };
  const candidates: Candidate[] = [];
  const reasons: string[] = [];
  const enough = Math.max(minCandidates, Math.trunc(refusal.nodes / 10));
  for (const [node, { unresolvable }] of refusal.rejections) {
    if (unresolvable) {
      reasons.push(notHelpful);
      continue;
    }
    const found = tryNode(filters, pod, view, node);
    if ('node' in found) candidates.push(found);
    else reasons.push(...found);
    if (candidates.length >= enough) break;
  }
  if (candidates.length > 0) return best(candidates);
  if (refusal.rejections.size === 0) for (let i = 0; i < refusal.nodes; i++) reasons.push(notHelpful);
  return { message: preemptionMessage(refusal.nodes, reasons) };
}
