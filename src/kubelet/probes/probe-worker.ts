import type { V1Probe } from '../../api/generated/types.ts';
import type { Clock, Timer } from '../../machinery/clock.ts';
import { type ProbeKind, type ProbeOutcome, probeTiming } from './actions.ts';

export type ProbeResult = 'unknown' | 'success' | 'failure';

export interface ProbeWorkerOptions {
  kind: ProbeKind;
  probe: V1Probe;
  clock: Clock;
  /** Milliseconds since the epoch. */
  startedAt: number;
  initial: ProbeResult;
  run(): Promise<ProbeOutcome>;
  /** Each probe that failed. */
  failed(output: string): void;
  /** The result became another one. */
  changed(): void;
}

/** A readiness probe's first looks, which count for nothing when they fail: a server is often up long before a period is over. */
const firstLookMs = 100;

/**
 * Probes one run of a container in its own rhythm (upstream: pkg/kubelet/prober/worker.go). Starts at once, and again after each period;
 * a period is measured between the starts of two probes.
 */
export class ProbeWorker {
  result: ProbeResult;
  readonly #options: ProbeWorkerOptions;
  readonly #timing: ReturnType<typeof probeTiming>;
  #timer: Timer | undefined;
  #stopped = false;
  #streak = 0;
  #lastOk: boolean | undefined;
  #warmUpMs: number;

  constructor(options: ProbeWorkerOptions) {
    this.#options = options;
    this.#timing = probeTiming(options.probe);
    this.result = options.initial;
    this.#warmUpMs =
      options.kind === 'readiness' && options.initial !== 'success' ? firstLookMs : Number.POSITIVE_INFINITY;
    const due = options.startedAt + this.#timing.initialDelayMs - options.clock.now();
    this.#schedule(Math.max(0, due));
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.timer(delayMs, () => void this.#probe());
  }

  async #probe(): Promise<void> {
    const { clock, run } = this.#options;
    const began = clock.monotonic();
    const outcome = await run();
    if (this.#stopped) return;
    const { periodMs } = this.#timing;
    const took = clock.monotonic() - began;
    if (!outcome.ok && this.#warmUpMs < periodMs) {
      this.#schedule(Math.max(0, this.#warmUpMs - took));
      this.#warmUpMs *= 2;
      return;
    }
    this.#warmUpMs = Number.POSITIVE_INFINITY;
    this.#count(outcome);
    this.#schedule(Math.max(0, periodMs - took));
  }

  #count({ ok, output }: ProbeOutcome): void {
    const { kind, failed, changed } = this.#options;
    if (!ok) failed(output);
    this.#streak = ok === this.#lastOk ? this.#streak + 1 : 1;
    this.#lastOk = ok;
    const { successThreshold, failureThreshold } = this.#timing;
    if (this.#streak < (ok ? successThreshold : failureThreshold)) return;
    const result: ProbeResult = ok ? 'success' : 'failure';
    // The container is about to be restarted, or has started: nothing is left to be found out.
    if (kind === 'startup' || (kind === 'liveness' && !ok)) this.stop();
    if (result === this.result) return;
    this.result = result;
    changed();
  }
}
