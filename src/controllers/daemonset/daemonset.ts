// The DaemonSet controller (upstream: pkg/controller/daemon): one Pod on every node that the template allows.
import { controllerrevisions, daemonsets } from '../../api/generated/resources/apps.v1.ts';
import { nodes, pods } from '../../api/generated/resources/core.v1.ts';
import type { V1DaemonSet, V1Node, V1Pod } from '../../api/generated/types.ts';
import { KeyedBackoff } from '../../client/backoff.ts';
import { slowStartBatch } from '../../client/batch.ts';
import { type Controller, type Result, watching } from '../../client/controller.ts';
import { createExpectations } from '../../client/expectations.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { compileLabelSelector } from '../../machinery/labels.ts';
import { keyOf, type Stored } from '../../machinery/object.ts';
import type { ControllerContext } from '../common/context.ts';
import {
  claim,
  controllerReference,
  dependentsOf,
  indexByController,
  orphansIn,
  ownerKeys,
} from '../common/owners.ts';
import { observePods } from '../common/pod-expectations.ts';
import { createPodWriter, podFromTemplate } from '../common/pod-writer.ts';
import { untilAvailable } from '../common/pods.ts';
import { type History, revisionLabel, syncHistory, truncateHistory } from '../common/revision-history.ts';
import { targetNode, templateFor } from './placement.ts';
import { calculateStatus, type Plan, planPlacement, planUpdate, type Situation } from './plan.ts';

const burst = 250;
const failedBackoffMs = { base: 1000, max: 15 * 60_000 };

type DaemonSet = Stored<V1DaemonSet>;
type Pod = Stored<V1Pod>;

export function createDaemonSetController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('daemonset-controller');
  const writer = createPodWriter(client, events);
  const expectations = createExpectations(clock);
  const setCache = informers.for(daemonsets);
  const podCache = informers.for(pods);
  const nodeCache = informers.for(nodes);
  const revisionCache = informers.for(controllerrevisions);
  for (const cache of [podCache, revisionCache]) indexByController(cache as typeof podCache);
  const backoff = new KeyedBackoff(failedBackoffMs.base, failedBackoffMs.max);
  /** When the next ended Pod of a set and node may be removed. */
  const notBefore = new Map<string, number>();

  const endedDue = (set: DaemonSet, ended: readonly Pod[]): { due: Pod[]; waitMs: number | undefined } => {
    const due: Pod[] = [];
    let waitMs: number | undefined;
    for (const pod of ended) {
      const key = `${set.metadata.uid}/${targetNode(pod) ?? ''}`;
      const wait = (notBefore.get(key) ?? 0) - clock.now();
      if (wait > 0) waitMs = Math.min(waitMs ?? wait, wait);
      else {
        notBefore.set(key, clock.now() + backoff.next(key));
        const { namespace, name } = pod.metadata;
        const failed = pod.status?.phase === 'Failed';
        const what = failed ? 'failed' : 'succeeded';
        events.event(
          set,
          failed ? 'Warning' : 'Normal',
          failed ? 'FailedDaemonPod' : 'SucceededDaemonPod',
          `Found ${what} daemon pod ${namespace}/${name} on node ${targetNode(pod) ?? ''}, will try to ${failed ? 'kill' : 'delete'} it`,
        );
        due.push(pod);
      }
    }
    return { due, waitMs };
  };

  const carryOut = async (key: string, set: DaemonSet, plan: Plan, history: History): Promise<void> => {
    const remove = plan.remove.slice(0, burst);
    const create = plan.create.slice(0, burst);
    if (remove.length + create.length === 0) return;
    expectations.expect(
      key,
      create.length,
      remove.map(({ metadata }) => metadata.uid),
    );
    const hash = history.current.metadata.labels?.[revisionLabel] ?? '';
    const reference = controllerReference(daemonsets, set);
    let attempted = 0;
    const { error } = await slowStartBatch(create.length, async index => {
      attempted++;
      try {
        const pod = podFromTemplate(templateFor(set.spec!.template, create[index]!), set, reference);
        pod.metadata!.labels = { ...pod.metadata!.labels, [revisionLabel]: hash };
        await writer.create(pod, set);
      } catch (refusal) {
        expectations.created(key);
        throw refusal;
      }
    });
    for (; attempted < create.length; attempted++) expectations.created(key);
    const results = await Promise.allSettled(
      remove.map(async pod => {
        let deleted = false;
        try {
          deleted = await writer.delete(pod, set);
        } finally {
          if (!deleted) expectations.deleted(key, pod.metadata.uid);
        }
      }),
    );
    const failed = error ?? results.find(result => result.status === 'rejected')?.reason;
    if (failed) throw failed;
  };

  const round = async (key: string, set: DaemonSet): Promise<Result> => {
    const own = await claim({
      client,
      ownerResource: daemonsets,
      owner: set,
      resource: pods,
      selector: compileLabelSelector(set.spec?.selector),
      candidates: [
        ...dependentsOf(podCache, set.metadata.uid),
        ...orphansIn(podCache, set.metadata.namespace),
      ],
    });
    const history = await syncHistory(
      client,
      daemonsets,
      set,
      set.spec?.template,
      dependentsOf(revisionCache, set.metadata.uid),
      set.status?.collisionCount ?? 0,
    );
    const hash = history.current.metadata.labels?.[revisionLabel] ?? '';
    const byNode = Map.groupBy(own, pod => targetNode(pod) ?? '');
    const situation: Situation = { set, nodes: nodeCache.list(), byNode, hash, now: clock.now() };
    let waitMs: number | undefined;
    if (expectations.satisfied(key) && !set.metadata.deletionTimestamp) {
      const placement = planPlacement(situation);
      const ended = endedDue(set, placement.ended);
      ({ waitMs } = ended);
      const rolls = set.spec?.updateStrategy?.type !== 'OnDelete';
      const settled = placement.create.length + placement.remove.length + ended.due.length === 0;
      const plan =
        settled && rolls
          ? planUpdate(situation)
          : { ...placement, remove: [...placement.remove, ...ended.due] };
      await carryOut(key, set, plan, history);
    }
    const inUse = new Set([history.current.metadata.name]);
    for (const revision of history.all)
      if (own.some(pod => pod.metadata.labels?.[revisionLabel] === revision.metadata.labels?.[revisionLabel]))
        inUse.add(revision.metadata.name);
    await truncateHistory(client, history.all, inUse, set.spec?.revisionHistoryLimit ?? 10);
    const status = calculateStatus(situation, history.collisionCount);
    if (!semanticEqual({ ...set.status, conditions: undefined }, status))
      await client.updateStatus(daemonsets, { ...set, status: { ...set.status, ...status } });
    const waits = own.map(pod => untilAvailable(pod, set.spec?.minReadySeconds ?? 0, clock.now()) ?? 0);
    const next = [waitMs, ...waits].filter(wait => wait !== undefined && wait > 0) as number[];
    return next.length > 0 ? { requeueAfterMs: Math.min(...next) } : undefined;
  };

  return {
    name: 'daemonset',
    workers: 2,
    watches: [
      watching({ resource: daemonsets }),
      watching({
        resource: pods,
        observe: observePods(expectations, 'DaemonSet'),
        keys: ownerKeys(setCache, set => compileLabelSelector(set.spec?.selector)),
      }),
      watching({
        resource: nodes,
        keys: (node, previous) =>
          sameForPlacement(node, previous) ? [] : setCache.list().map(set => keyOf(set)),
      }),
      watching({ resource: controllerrevisions, owns: { apiVersion: 'apps/v1', kind: 'DaemonSet' } }),
    ],
    async reconcile(key) {
      const set = setCache.get(key);
      if (set) return round(key, set);
      expectations.forget(key);
      return undefined;
    },
  };
}

const sameForPlacement = (node: V1Node, previous: V1Node | undefined): boolean =>
  previous !== undefined &&
  !node.metadata?.deletionTimestamp &&
  semanticEqual(node.metadata?.labels, previous.metadata?.labels) &&
  semanticEqual(node.spec?.taints, previous.spec?.taints);
