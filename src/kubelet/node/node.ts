import { nodes } from '../../api/generated/resources/core.v1.ts';
import type { V1Node } from '../../api/generated/types.ts';
import type { Timer } from '../../machinery/clock.ts';
import { equal } from '../../machinery/equality.ts';
import type { Stored } from '../../machinery/object.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { Core } from '../pods/core.ts';
import { leaseRenewMs, NodeLease } from './lease.ts';
import { nodeStatus, type RuntimeHealth } from './node-status.ts';
import { registerNode } from './register.ts';

const checkMs = 10_000;
/** While the runtime is not ready, which is usual just after its start. */
const eagerCheckMs = 100;
const reportMs = 300_000;
const retryMs = 500;

/** This node in the API: its registration, its status when it changes and every five minutes, its Lease. */
export class NodeReporter {
  node: Stored<V1Node> | undefined;
  /** Of the kubelet's server. */
  port = 0;
  readonly #core: Core;
  readonly #lease: NodeLease;
  readonly #timers = new Set<Timer>();
  #reportedAt = 0;
  #podCidr = '';
  #closed = false;
  #version: { name: string; version: string } | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#lease = new NodeLease(core.context, core.options.nodeName);
  }

  /** Registers, and goes on reporting until closed. Resolves when the node is in the API. */
  async start(): Promise<void> {
    const { events } = this.#core;
    events.node('Normal', 'Starting', 'Starting kubelet.');
    for (let delay = retryMs; !this.#closed; delay = Math.min(7000, delay * 2)) {
      try {
        await this.#register();
        break;
      } catch (error) {
        this.#core.context.logger.warn('node could not be registered', { error });
        await new Promise<void>(resolve => this.#after(delay, resolve));
      }
    }
    void this.#keepLease();
    this.#after(eagerCheckMs, () => void this.#keepStatus());
  }

  /** Checks and reports now. */
  async report(): Promise<void> {
    await this.#report();
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
  }

  /** The cache has a newer Node. */
  observed(node: Stored<V1Node>): void {
    this.node = node;
    const { podCIDR } = node.spec ?? {};
    if (!podCIDR || podCIDR === this.#podCidr) return;
    this.#podCidr = podCIDR;
    const { options, context } = this.#core;
    options.runtime.setPodCidr(podCIDR).catch(error => {
      this.#podCidr = '';
      context.logger.warn('the runtime did not take the Pod range', { error });
    });
  }

  async #register(): Promise<void> {
    const { context, options, facts, events } = this.#core;
    const status = await this.#status(undefined);
    const node = await registerNode(context.client, options, facts, status);
    this.observed(node);
    await this.#report();
    events.node('Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
  }

  async #status(before: V1Node | undefined): Promise<NonNullable<V1Node['status']>> {
    const { options, facts, context } = this.#core;
    const { runtime } = options;
    const down = (error: unknown): RuntimeHealth => {
      const condition = { ok: false, reason: 'RuntimeDown', message: (error as Error).message };
      return { runtime: condition, network: { ok: true, reason: '', message: '' } };
    };
    const [health, images] = await Promise.all([
      runtime.status().catch(down),
      runtime.images().catch(() => []),
    ]);
    this.#version ??= await runtime.version();
    return nodeStatus({
      options,
      facts,
      runtimeVersion: this.#version,
      health,
      images,
      now: context.clock.now(),
      before,
      port: this.port,
    });
  }

  /** Writes the status if something but heartbeats changed, or the last report is old. */
  async #report(): Promise<void> {
    const { context, options, events } = this.#core;
    const { client, clock } = context;
    const before = this.node;
    const status = await this.#status(before);
    const old = before?.status;
    const same = equal(withoutBeats(old ?? {}), withoutBeats({ ...old, ...status }));
    if (same && clock.now() - this.#reportedAt < reportMs) return;
    this.observed(
      await client.patch(
        nodes,
        options.nodeName,
        undefined,
        { type: 'strategic', body: { status } },
        { subresource: 'status' },
      ),
    );
    this.#reportedAt = clock.now();
    const readiness = (node: V1Node['status']): string | undefined =>
      node?.conditions?.find(({ type }) => type === 'Ready')?.status;
    if (readiness(old) === readiness(status)) return;
    const ready = readiness(status) === 'True';
    const reason = ready ? 'NodeReady' : 'NodeNotReady';
    events.node('Normal', reason, `Node ${options.nodeName} status is now: ${reason}`);
  }

  async #keepStatus(): Promise<void> {
    try {
      await this.#report();
    } catch (error) {
      // Somebody deleted the Node: a kubelet that lives registers again.
      if (isNotFound(error)) await this.#register().catch(() => {});
      else this.#core.context.logger.warn('node status could not be written', { error });
    }
    const ready = this.node?.status?.conditions?.some(
      ({ type, status }) => type === 'Ready' && status === 'True',
    );
    this.#after(ready ? checkMs : eagerCheckMs, () => void this.#keepStatus());
  }

  async #keepLease(): Promise<void> {
    let delay = leaseRenewMs;
    try {
      if (this.node) await this.#lease.renew(this.node);
    } catch (error) {
      this.#core.context.logger.warn('node lease could not be renewed', { error });
      delay = retryMs;
    }
    this.#after(delay, () => void this.#keepLease());
  }

  #after(milliseconds: number, callback: () => void): void {
    if (this.#closed) return;
    const timer = this.#core.context.clock.timer(milliseconds, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
  }
}

const withoutBeats = (status: NonNullable<V1Node['status']>): unknown => ({
  ...status,
  conditions: status.conditions?.map(({ lastHeartbeatTime: _, ...condition }) => condition),
});
