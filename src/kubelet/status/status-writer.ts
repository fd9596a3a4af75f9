import { pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Pod, V1PodCondition, V1PodStatus } from '../../api/generated/types.ts';
import type { ComponentContext } from '../../client/component.ts';
import { sleep } from '../../machinery/clock.ts';
import { equal } from '../../machinery/equality.ts';
import type { Stored } from '../../machinery/object.ts';
import { isConflict, isNotFound } from '../../machinery/status-error.ts';

interface Entry {
  pod: Stored<V1Pod>;
  wanted: V1PodStatus;
  /** What the API has, as far as we know. */
  told: V1PodStatus;
  /** The resourceVersion that `told` is of. */
  version: number;
  writing: Promise<void> | undefined;
}

const retryMs = 500;
const maxRetryMs = 10_000;
const maxConflicts = 3;

type Fields = Record<string, unknown>;

/**
 * What is to be written so that `told` becomes `wanted`: whole fields, null for those that go. The conditions are all of the
 * kubelet's; other people's stay, for the list merges by type.
 */
export function statusPatch(told: V1PodStatus, wanted: V1PodStatus): Fields | undefined {
  const patch: Fields = {};
  const before = told as Fields;
  const after = wanted as Fields;
  const ownBefore = told.conditions?.filter(({ type }) =>
    wanted.conditions?.some(each => each.type === type),
  );
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (key === 'conditions') {
      if (!sameConditions(ownBefore, wanted.conditions))
        patch.conditions = wanted.conditions?.map(condition => ({
          ...goneFields(ownBefore?.find(({ type }) => type === condition.type)),
          ...condition,
        }));
    } else if (!equal(before[key], after[key])) {
      // These are the business of others.
      if (after[key] === undefined && foreign.has(key)) continue;
      patch[key] = after[key] ?? null;
    }
  }
  for (const key of ['podIPs', 'hostIPs'] as const) {
    if (!patch[key] || !told[key]) continue;
    // The lists merge by address: one that is gone must be deleted by name.
    const gone = told[key].filter(({ ip }) => !wanted[key]?.some(each => each.ip === ip));
    if (gone.length > 0)
      patch[key] = [...(wanted[key] ?? []), ...gone.map(({ ip }) => ({ ip, $patch: 'delete' }))];
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** A condition's fields are merged as well: a reason that is no more must be taken away by name. */
const goneFields = (before: V1PodCondition | undefined): Record<string, null> => ({
  ...(before?.reason ? { reason: null } : {}),
  ...(before?.message ? { message: null } : {}),
});

const foreign = new Set(['nominatedNodeName', 'resourceClaimStatuses', 'extendedResourceClaimStatus']);

const sameConditions = (a: V1PodStatus['conditions'], b: V1PodStatus['conditions']): boolean =>
  (a?.length ?? 0) === (b?.length ?? 0) &&
  (b ?? []).every(condition => {
    const { lastProbeTime: _, ...old } = a?.find(({ type }) => type === condition.type) ?? {};
    return equal(old, condition);
  });

/** Writes Pods' statuses at once, one write at a time for each Pod: what changes meanwhile is written together after it. */
export class StatusWriter {
  readonly #context: ComponentContext;
  readonly #entries = new Map<string, Entry>();
  readonly #abort = new AbortController();

  constructor(context: ComponentContext) {
    this.#context = context;
  }

  /** The newest status that was given for the Pod. */
  last(podUid: string): V1PodStatus | undefined {
    return this.#entries.get(podUid)?.wanted;
  }

  /** The API told us of the Pod: what is there is known now, unless a write of ours is on its way. */
  observed(pod: Stored<V1Pod>): void {
    const entry = this.#entries.get(pod.metadata.uid);
    if (!entry) return;
    entry.pod = pod;
    // The cache may be behind our own last write.
    const version = Number(pod.metadata.resourceVersion);
    if (entry.writing || version < entry.version) return;
    entry.told = pod.status ?? {};
    entry.version = version;
    this.#write(entry);
  }

  set(pod: Stored<V1Pod>, status: V1PodStatus): void {
    let entry = this.#entries.get(pod.metadata.uid);
    if (!entry) {
      entry = { pod, wanted: status, told: pod.status ?? {}, version: 0, writing: undefined };
      this.#entries.set(pod.metadata.uid, entry);
    }
    entry.pod = pod;
    entry.wanted = status;
    if (!entry.writing) this.#write(entry);
  }

  /** Resolves when the newest status is written, or the Pod is gone. */
  async flushed(podUid: string): Promise<void> {
    for (let entry = this.#entries.get(podUid); entry?.writing; entry = this.#entries.get(podUid))
      await entry.writing;
  }

  forget(podUid: string): void {
    this.#entries.delete(podUid);
  }

  close(): void {
    this.#abort.abort();
  }

  #write(entry: Entry): void {
    if (!statusPatch(entry.told, entry.wanted)) return;
    entry.writing = this.#drain(entry).finally(() => {
      entry.writing = undefined;
    });
  }

  async #drain(entry: Entry): Promise<void> {
    const { client, clock, logger } = this.#context;
    const { uid, name, namespace } = entry.pod.metadata;
    let delay = retryMs;
    let conflicts = 0;
    while (this.#entries.get(uid) === entry && !this.#abort.signal.aborted) {
      const patch = statusPatch(entry.told, entry.wanted);
      if (!patch) return;
      try {
        const answer = await client.patch(
          pods,
          name,
          namespace,
          { type: 'strategic', body: { metadata: { uid }, status: patch } },
          { subresource: 'status' },
        );
        const sent = { ...entry.told, ...patch } as V1PodStatus;
        entry.told = answer.status ?? sent;
        entry.version = Number(answer.metadata.resourceVersion);
        // What the server made of it may differ from what we want; asking again and again would not help.
        if (statusPatch(entry.told, entry.wanted) && equal(patch, statusPatch(entry.told, entry.wanted)))
          return;
      } catch (error) {
        if (isNotFound(error)) return;
        // Another Pod of the same name, if it does not pass.
        if (isConflict(error) && ++conflicts >= maxConflicts) return;
        logger.warn('status of a Pod could not be written', { namespace, name, error });
        await sleep(clock, delay, this.#abort.signal).catch(() => {});
        delay = Math.min(maxRetryMs, delay * 2);
      }
    }
  }
}
