import { type Clock, type Timer, timestamp } from '../../machinery/clock.ts';
import type { ContainerConfig, ContainerStatus } from '../runtime.ts';
import type { ImageBehaviour } from './behaviour.ts';

/** One container of the simulation. */
export class SimulatedContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  readonly behaviour: ImageBehaviour;
  readonly lines: string[] = [];
  state: ContainerStatus['state'] = 'created';
  readonly createdAt: number;
  startedAt = 0;
  finishedAt = 0;
  exitCode = 0;
  reason = '';
  /** Whether it passes probes; undefined leaves that to its behaviour. */
  ready: boolean | undefined;
  readonly #clock: Clock;
  readonly #ended: (container: SimulatedContainer) => void;
  readonly #logDirectory: string;
  #timer: Timer | undefined;
  #waiters: (() => void)[] = [];

  constructor(
    id: string,
    sandboxId: string,
    config: ContainerConfig,
    behaviour: ImageBehaviour,
    clock: Clock,
    logDirectory: string,
    ended: (container: SimulatedContainer) => void,
  ) {
    this.id = id;
    this.sandboxId = sandboxId;
    this.config = config;
    this.behaviour = behaviour;
    this.createdAt = clock.now();
    this.#clock = clock;
    this.#logDirectory = logDirectory;
    this.#ended = ended;
  }

  start(): void {
    this.state = 'running';
    this.startedAt = this.#clock.now();
    for (const line of this.behaviour.log ?? []) this.write(line);
    const { exitAfterMs, exitCode = 0 } = this.behaviour;
    if (exitAfterMs !== undefined) this.#timer = this.#clock.timer(exitAfterMs, () => this.exit(exitCode));
  }

  write(line: string): void {
    this.lines.push(`${timestamp(this.#clock.now())} stdout F ${line}`);
  }

  /** Ends it now, as by its own doing. */
  exit(code: number, reason = ''): void {
    if (this.state === 'exited') return;
    this.#timer?.cancel();
    this.state = 'exited';
    this.exitCode = code;
    this.reason = reason || (code === 0 ? 'Completed' : 'Error');
    this.finishedAt = this.#clock.now();
    this.#ended(this);
    for (const waiter of this.#waiters) waiter();
    this.#waiters = [];
  }

  /** The stop signal now and the kill after the grace; resolves at its end. */
  stop(graceSeconds: number): Promise<void> {
    if (this.state === 'exited') return Promise.resolve();
    if (this.state === 'created') {
      this.exit(0);
      return Promise.resolve();
    }
    const { stopMs = 0, stopExitCode = 0 } = this.behaviour;
    const ended = new Promise<void>(resolve => this.#waiters.push(resolve));
    if (stopMs <= graceSeconds * 1000) this.#clock.timer(stopMs, () => this.exit(stopExitCode));
    else this.#clock.timer(graceSeconds * 1000, () => this.exit(137));
    return ended;
  }

  passesProbes(): boolean {
    if (this.state !== 'running') return false;
    return this.ready ?? this.#clock.now() - this.startedAt >= (this.behaviour.readyAfterMs ?? 0);
  }

  status(): ContainerStatus {
    const { name, attempt, image, labels, annotations, mounts, logPath } = this.config;
    return {
      id: this.id,
      name,
      attempt,
      image,
      imageRef: image,
      state: this.state,
      createdAt: this.createdAt,
      labels,
      annotations,
      startedAt: this.startedAt,
      finishedAt: this.finishedAt,
      exitCode: this.exitCode,
      reason: this.reason,
      message: '',
      logPath: `${this.#logDirectory}/${logPath}`,
      mounts,
    };
  }
}
