import { containerNotes } from '../labels.ts';
import type { Container, ContainerStatus, Runtime, Sandbox, SandboxStatus } from '../runtime.ts';
import { isGone } from '../runtime.ts';
import { parseLogLine } from '../server/log-format.ts';
import type { PodFiles } from '../volumes/files.ts';
import type { PodState } from './plan.ts';

const maxMessageBytes = 4096;
const maxLogBytes = 2048;
const maxLogLines = 80;

/** Reads what the runtime has of Pods; what cannot change any more is asked for once. */
export class Observer {
  readonly #runtime: Runtime;
  readonly #files: PodFiles;

  constructor(runtime: Runtime, files: PodFiles) {
    this.#runtime = runtime;
    this.#files = files;
  }

  /** The present state; `previous` saves asking for what is known. Newest first. */
  async observe(podUid: string, previous: PodState): Promise<PodState> {
    const [sandboxes, containers] = await Promise.all([
      this.#runtime.sandboxes(podUid),
      this.#runtime.containers(podUid),
    ]);
    const [sandboxStatuses, containerStatuses] = await Promise.all([
      Promise.all(sandboxes.map(sandbox => this.#sandbox(sandbox, previous))),
      Promise.all(containers.map(container => this.#container(container, previous))),
    ]);
    const newestFirst = (
      a: { createdAt: number; attempt: number },
      b: { createdAt: number; attempt: number },
    ): number => b.createdAt - a.createdAt || b.attempt - a.attempt;
    return {
      sandboxes: sandboxStatuses.filter(each => each !== undefined).sort(newestFirst),
      containers: containerStatuses.filter(each => each !== undefined).sort(newestFirst),
    };
  }

  async #sandbox(sandbox: Sandbox, previous: PodState): Promise<SandboxStatus | undefined> {
    const known = previous.sandboxes.find(({ id }) => id === sandbox.id);
    if (known?.state === sandbox.state && (known.ips.length > 0 || known.state === 'not-ready')) return known;
    return this.#runtime.sandboxStatus(sandbox.id).catch(undefinedIfGone);
  }

  async #container(container: Container, previous: PodState): Promise<ContainerStatus | undefined> {
    const known = previous.containers.find(({ id }) => id === container.id);
    if (known?.state === container.state) return known;
    const status = await this.#runtime.containerStatus(container.id).catch(undefinedIfGone);
    if (status?.state !== 'exited') return status;
    const message = await this.#terminationMessage(status);
    return message ? { ...status, message } : status;
  }

  /** What the container wrote to its termination message file, or, where the policy says so, the end of its log. */
  async #terminationMessage(status: ContainerStatus): Promise<string> {
    const { terminationMessagePath, terminationMessagePolicy } = containerNotes(status.annotations);
    const mount = terminationMessagePath
      ? status.mounts.find(({ containerPath }) => containerPath === terminationMessagePath)
      : undefined;
    const bytes = mount && (await this.#files.readTail(mount.hostPath, maxMessageBytes));
    const text = new TextDecoder().decode(bytes ?? new Uint8Array());
    if (text || terminationMessagePolicy !== 'FallbackToLogsOnError' || status.exitCode === 0) return text;
    const log = await this.#files.readTail(status.logPath, maxMessageBytes * 4);
    const lines = new TextDecoder()
      .decode(log ?? new Uint8Array())
      .split('\n')
      .filter(Boolean);
    const content = lines.slice(-maxLogLines).map(line => parseLogLine(line)?.content ?? '');
    return content.join('').slice(-maxLogBytes);
  }
}

const undefinedIfGone = (error: unknown): undefined => {
  if (isGone(error)) return undefined;
  throw error;
};
