import { leases } from '../api/generated/resources/coordination.k8s.io.v1.ts';
import type { V1Lease, V1LeaseSpec } from '../api/generated/types.ts';
import { microTimestamp, sleep } from '../machinery/clock.ts';
import type { Stored } from '../machinery/object.ts';
import { isNotFound } from '../machinery/status-error.ts';
import type { ComponentContext } from './component.ts';

export interface LeaderOptions {
  /** The Lease, by default in kube-system. */
  name: string;
  namespace?: string;
  /** Who we are; unique to this process. */
  identity: string;
  /** Defaults 15 s, 10 s and 2 s, as upstream's. */
  leaseDurationMs?: number;
  renewDeadlineMs?: number;
  retryPeriodMs?: number;
  /** What to do while leading; its signal is aborted when the lease is lost or the election is disposed of. */
  lead(signal: AbortSignal): Promise<void>;
  /** Called when another becomes leader, or we do. */
  changed?(identity: string): void;
}

export interface Leadership extends AsyncDisposable {
  readonly leading: boolean;
  /** The holder as last seen. */
  readonly leader: string;
  /** Settles when the election has ended: disposed of, or (rejecting) the lease was lost or `lead` failed. */
  readonly ended: Promise<void>;
}

/** The lease was not renewed in time: another may lead already, so this process must stop what only a leader does. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

const noop = (): void => {};

/**
 * Leader election by Lease (client-go tools/leaderelection). Another's lease is judged by how long *we* have seen it
 * unchanged, so clocks need not agree. On disposal the lease is released, that the next one need not wait.
 */
export function electLeader(
  context: Pick<ComponentContext, 'client' | 'clock' | 'random' | 'logger'>,
  options: LeaderOptions,
): Leadership {
  const { client, clock, random } = context;
  const { name, namespace = 'kube-system', identity } = options;
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = options;
  const logger = context.logger.child('leader-election');
  const stop = new AbortController();
  let seen: Stored<V1Lease> | undefined;
  let seenAt = 0;
  let leading = false;
  let leader = '';

  const observe = (lease: Stored<V1Lease>): void => {
    if (JSON.stringify(lease.spec) !== JSON.stringify(seen?.spec)) seenAt = clock.monotonic();
    seen = lease;
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === leader) return;
    leader = holder;
    if (holder) options.changed?.(holder);
  };

  const wanted = (old: V1LeaseSpec | undefined): V1LeaseSpec => {
    const now = microTimestamp(clock.now());
    const ours = old?.holderIdentity === identity;
    return {
      ...old,
      holderIdentity: identity,
      leaseDurationSeconds: leaseDurationMs / 1000,
      acquireTime: (ours && old?.acquireTime) || now,
      renewTime: now,
      leaseTransitions: (old?.leaseTransitions ?? 0) + (old && !ours ? 1 : 0),
    };
  };

  /** True when the lease is ours now. */
  const acquire = async (): Promise<boolean> => {
    try {
      if (!leading || !seen) observe(await client.get(leases, name, namespace));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      observe(await client.create(leases, { metadata: { name, namespace }, spec: wanted(undefined) }));
      return true;
    }
    const lease = seen!;
    const { holderIdentity, leaseDurationSeconds = leaseDurationMs / 1000 } = lease.spec ?? {};
    const held = clock.monotonic() - seenAt < leaseDurationSeconds * 1000;
    if (holderIdentity && holderIdentity !== identity && held) return false;
    try {
      observe(await client.update(leases, { ...lease, spec: wanted(lease.spec) }));
      return true;
    } catch (error) {
      seen = undefined; // Ours is stale: read it again.
      throw error;
    }
  };

  const attempt = async (): Promise<boolean> => {
    try {
      return await acquire();
    } catch (error) {
      logger.debug('lease not written', { lease: `${namespace}/${name}`, error });
      return false;
    }
  };

  const renew = async (signal: AbortSignal): Promise<void> => {
    let renewed = clock.monotonic();
    while (!signal.aborted) {
      await sleep(clock, retryPeriodMs, signal).catch(() => {});
      if (signal.aborted) return;
      // A server that hangs must not make us overstay the deadline.
      const left = Math.max(0, renewed + renewDeadlineMs - clock.monotonic());
      const given = new AbortController();
      const late = sleep(clock, left, given.signal).then(
        () => false,
        () => false,
      );
      if (await Promise.race([attempt(), late])) renewed = clock.monotonic();
      given.abort();
      if (clock.monotonic() - renewed >= renewDeadlineMs) {
        throw new LeadershipLostError(`lost lease ${namespace}/${name}`);
      }
      if (leader && leader !== identity)
        throw new LeadershipLostError(`lease ${namespace}/${name} was taken`);
    }
  };

  const release = async (): Promise<void> => {
    if (!stop.signal.aborted || !seen || leader !== identity) return;
    const now = microTimestamp(clock.now());
    const spec = {
      ...seen.spec,
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: now,
      acquireTime: now,
    };
    const patience = new AbortController();
    const written = client.update(leases, { ...seen, spec }).then(noop, noop);
    await Promise.race([written, sleep(clock, retryPeriodMs, patience.signal).catch(noop)]);
    patience.abort();
  };

  const run = async (): Promise<void> => {
    while (!(await attempt())) {
      if (stop.signal.aborted) return;
      const wait = retryPeriodMs * (1 + 1.2 * random.next());
      await sleep(clock, wait, stop.signal).catch(() => {});
      if (stop.signal.aborted) return;
    }
    leading = true;
    logger.info('leading', { lease: `${namespace}/${name}`, identity });
    const term = new AbortController();
    const end = AbortSignal.any([stop.signal, term.signal]);
    const renewing = renew(end);
    const work = options.lead(end);
    try {
      await Promise.race([renewing, work.then(() => renewing)]);
    } finally {
      leading = false;
      term.abort(new LeadershipLostError(`no longer the holder of ${namespace}/${name}`));
      await Promise.allSettled([renewing, work]);
      await release();
    }
  };

  const ended = run();
  ended.catch(() => {}); // Whoever cares awaits `ended`.
  return {
    ended,
    get leading() {
      return leading;
    },
    get leader() {
      return leader;
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the election is over'));
      await ended.catch(() => {});
    },
  };
}
