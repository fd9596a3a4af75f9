// What /healthz and /livez say (upstream: pkg/proxy/healthcheck/proxy_health.go). Who serves them is the node agent's business.
import type { Clock } from '../machinery/clock.ts';

export interface HealthReport {
  readonly healthy: boolean;
  /** The JSON body; its status code is 200 or 503. */
  readonly body: { lastUpdated: string; currentTime: string; nodeEligible?: boolean };
}

/** Stale when a change has waited longer than `timeoutMs`. Healthy from the start until then. */
export class ProxyHealth {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #waitingSince: number | undefined;
  #lastUpdated = 0;
  #eligible = true;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  queued(): void {
    this.#waitingSince ??= this.#clock.now();
  }

  /** The kernel holds all that was queued. */
  updated(): void {
    this.#waitingSince = undefined;
    this.#lastUpdated = this.#clock.now();
  }

  nodeEligible(eligible: boolean): void {
    this.#eligible = eligible;
  }

  get fresh(): boolean {
    return this.#waitingSince === undefined || this.#clock.now() - this.#waitingSince < this.#timeoutMs;
  }

  /** Also unhealthy while the node is being removed, so that balancers go elsewhere. */
  healthz(): HealthReport {
    const healthy = this.fresh && this.#eligible;
    return { healthy, body: { ...this.#times(healthy), nodeEligible: this.#eligible } };
  }

  livez(): HealthReport {
    return { healthy: this.fresh, body: this.#times(this.fresh) };
  }

  /** As upstream: a healthy proxy calls itself up to date even if there was nothing to do. */
  #times(healthy: boolean): { lastUpdated: string; currentTime: string } {
    const now = this.#clock.now();
    const text = (time: number): string => new Date(time).toISOString();
    return { lastUpdated: text(healthy ? now : this.#lastUpdated), currentTime: text(now) };
  }
}
