// Decides what each sync does: the changed services, or everything; and what is counted about it.
import type { Clock, Timer } from '../machinery/clock.ts';
import type { Logger } from '../machinery/logger.ts';
import type { FamilyProxy, World } from './family-proxy.ts';
import type { ProxyHealth } from './health.ts';
import type { HealthCheckPorts } from './health-check-ports.ts';
import { familyLabel, type ProxyMetrics } from './metrics.ts';
import type { Family } from './model/types.ts';
import type { Sources } from './sources.ts';
import { SyncLoop } from './sync-loop.ts';

export interface SyncerOptions {
  clock: Clock;
  logger: Logger;
  metrics: ProxyMetrics;
  health: ProxyHealth;
  proxies: readonly FamilyProxy[];
  world(sources: Sources, family: Family): World;
  healthPorts: HealthCheckPorts | undefined;
  syncPeriodMs: number;
  minSyncPeriodMs: number;
}

/** A rewrite of everything may take at most this share of the time. */
const healingShare = 0.01;
const tidyAfterMs = 2_000;

type Kind = 'service' | 'endpoint';

export class Syncer implements AsyncDisposable {
  readonly #options: SyncerOptions;
  readonly #loop: SyncLoop;
  readonly #first = Promise.withResolvers<void>();
  #sources: Sources | undefined;
  /** Everything is to be written. */
  #full = true;
  #tidyDue = false;
  #healing: Timer | undefined;
  #tidying: Timer | undefined;
  #pending: Record<Kind, number> = { service: 0, endpoint: 0 };
  /** Taken from the sources and not yet in the kernel. */
  #changed = new Set<string>();
  #triggered = new Map<string, number>();

  constructor(options: SyncerOptions) {
    this.#options = options;
    this.#first.promise.catch(() => {}); // Nobody need be waiting.
    this.#loop = new SyncLoop({
      clock: options.clock,
      minIntervalMs: options.minSyncPeriodMs,
      run: () => this.#run(),
      failed: error =>
        options.logger.error('rules could not be written, all of them will be', { error: String(error) }),
    });
  }

  /** Resolves when the kernel first holds everything. */
  get whenSynced(): Promise<void> {
    return this.#first.promise;
  }

  /** From now on changes are written: the informers have synced. */
  start(sources: Sources): void {
    this.#sources = sources;
    this.#loop.request();
  }

  changed(kind: Kind): void {
    this.#pending[kind]++;
    const { metrics } = this.#options;
    this.#eachFamily(label => {
      (kind === 'service' ? metrics.serviceChanges : metrics.endpointChanges).add(1, label);
    });
    this.#queue();
  }

  everything(): void {
    this.#full = true;
    this.#queue();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#healing?.cancel();
    this.#tidying?.cancel();
    await this.#loop[Symbol.asyncDispose]();
    this.#first.reject(new Error('the proxy was stopped'));
  }

  #queue(): void {
    const { clock, health, metrics } = this.#options;
    health.queued();
    this.#eachFamily(label => metrics.lastQueued.set(clock.now() / 1000, label));
    this.#showPending();
    if (this.#sources) this.#loop.request();
  }

  async #run(): Promise<void> {
    const sources = this.#sources;
    if (!sources) return;
    const { clock, health, proxies } = this.#options;
    if (this.#tidyDue) {
      this.#tidyDue = false;
      for (const proxy of proxies) await proxy.tidy();
    }
    const { changed, triggered } = sources.take();
    for (const service of changed) this.#changed.add(service);
    for (const [service, at] of triggered) this.#triggered.set(service, at);
    this.#pending = { service: 0, endpoint: 0 };
    if (!this.#full && this.#changed.size === 0) return;
    const full = this.#full;
    const started = clock.monotonic();
    this.#full = false;
    try {
      health.nodeEligible(sources.node.eligible);
      for (const proxy of proxies) await this.#syncFamily(proxy, sources, full);
      await this.#syncHealthPorts(sources, full);
    } catch (error) {
      // The families that failed will rewrite everything of their own accord.
      this.#full ||= full;
      throw error;
    }
    this.#changed.clear();
    this.#triggered.clear();
    if (sources.idle && !this.#full) health.updated();
    this.#showPending();
    this.#first.resolve();
    this.#after(full, clock.monotonic() - started);
  }

  async #syncFamily(proxy: FamilyProxy, sources: Sources, everything: boolean): Promise<void> {
    const { clock, metrics } = this.#options;
    const label = familyLabel(proxy.family);
    const started = clock.monotonic();
    const full = everything || proxy.needsFull;
    try {
      const stale = await proxy.sync(this.#options.world(sources, proxy.family), this.#changed, full);
      if (stale > 0) metrics.staleFlows.add(stale, label);
    } catch (error) {
      metrics.failures.add(1, label);
      throw error;
    }
    const now = clock.now();
    const seconds = (clock.monotonic() - started) / 1000;
    metrics.sync.observe(seconds, label);
    (full ? metrics.fullSync : metrics.partialSync).observe(seconds, label);
    metrics.lastSync.set(now / 1000, label);
    for (const at of this.#triggered.values())
      metrics.programming.observe(Math.max(0, now - at) / 1000, label);
  }

  async #syncHealthPorts(sources: Sources, everything: boolean): Promise<void> {
    const { healthPorts } = this.#options;
    if (!healthPorts) return;
    const services = everything ? new Set([...sources.serviceKeys(), ...this.#changed]) : this.#changed;
    for (const service of services) await healthPorts.set(service, sources.healthCheck(service));
  }

  #after(full: boolean, tookMs: number): void {
    const { clock, syncPeriodMs } = this.#options;
    if (full) {
      this.#healing?.cancel();
      this.#healing = clock.timer(Math.max(syncPeriodMs, tookMs / healingShare), () => {
        this.#full = true;
        this.#loop.request();
      });
    }
    this.#tidying ??= clock.timer(tidyAfterMs, () => {
      this.#tidying = undefined;
      this.#tidyDue = true;
      this.#loop.request();
    });
  }

  #showPending(): void {
    const { changesPending } = this.#options.metrics;
    this.#eachFamily(label => {
      changesPending.service.set(this.#pending.service, label);
      changesPending.endpoint.set(this.#pending.endpoint, label);
    });
  }

  #eachFamily(act: (label: { ip_family: string }) => void): void {
    for (const { family } of this.#options.proxies) act(familyLabel(family));
  }
}
