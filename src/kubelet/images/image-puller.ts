import type { V1Container, V1Pod, V1Secret } from '../../api/generated/types.ts';
import type { Clock } from '../../machinery/clock.ts';
import { formatDuration } from '../../machinery/duration.ts';
import type { Stored } from '../../machinery/object.ts';
import type { PodEvents } from '../events.ts';
import { StartBackoff } from '../pods/backoff.ts';
import type { Image, Runtime, SandboxConfig } from '../runtime.ts';
import { credentialsFor } from './credentials.ts';
import { withDefaultTag } from './image-name.ts';

export type ImageFailure =
  | 'ErrImagePull'
  | 'ImagePullBackOff'
  | 'ErrImageNeverPull'
  | 'InvalidImageName'
  | 'ImageInspectError';

/** A container cannot start for want of its image; `reason` is what its status waits with. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly reason: ImageFailure;
  /** When to try again. */
  readonly retryAfterMs: number | undefined;
  constructor(reason: ImageFailure, message: string, retryAfterMs?: number) {
    super(message);
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface PullRequest {
  pod: Stored<V1Pod>;
  container: V1Container;
  secrets: V1Secret[];
  sandbox: SandboxConfig;
}

export interface PresentImage {
  ref: string;
  image: Image | undefined;
}

/** Makes images present by their containers' pull policy (upstream: pkg/kubelet/images/image_manager.go). */
export class ImagePuller {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #events: PodEvents;
  readonly #backoff: StartBackoff;
  readonly #lastFailure = new Map<string, string>();

  constructor(runtime: Runtime, clock: Clock, events: PodEvents) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#events = events;
    this.#backoff = new StartBackoff(clock);
  }

  /** Throws ImageError. */
  async ensure({ pod, container, secrets, sandbox }: PullRequest): Promise<PresentImage> {
    const written = container.image ?? '';
    const event = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
      this.#events.record(pod, type, reason, message, container.name);
    let name: string;
    try {
      name = withDefaultTag(written);
    } catch (error) {
      const message = `Failed to apply default image tag "${written}": ${(error as Error).message}`;
      event('Warning', 'InspectFailed', message);
      throw new ImageError('InvalidImageName', message);
    }
    let present: Image | undefined;
    try {
      present = await this.#runtime.imageStatus(name);
    } catch (error) {
      const message = `Failed to inspect image "${written}": ${(error as Error).message}`;
      event('Warning', 'InspectFailed', message);
      throw new ImageError('ImageInspectError', message);
    }
    const policy = container.imagePullPolicy ?? (name.endsWith(':latest') ? 'Always' : 'IfNotPresent');
    if (present && policy !== 'Always') {
      event(
        'Normal',
        'Pulled',
        `Container image "${written}" already present on machine and can be accessed by the pod`,
      );
      return { ref: present.id, image: present };
    }
    if (policy === 'Never') {
      const message = `Container image "${written}" is not present with pull policy of Never`;
      event('Warning', 'ErrImageNeverPull', message);
      throw new ImageError('ErrImageNeverPull', message);
    }
    return this.#pull(name, { pod, container, secrets, sandbox }, event);
  }

  async #pull(
    name: string,
    { pod, container, secrets, sandbox }: PullRequest,
    event: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
  ): Promise<PresentImage> {
    const written = container.image ?? '';
    const key = `${pod.metadata.uid}_${written}`;
    const wait = this.#backoff.remainingSinceUpdate(key);
    if (wait > 0) {
      const message = `Back-off pulling image "${written}"`;
      event('Normal', 'BackOff', message);
      const cause = this.#lastFailure.get(key);
      throw new ImageError('ImagePullBackOff', cause ? `${message}: ErrImagePull: ${cause}` : message, wait);
    }
    event('Normal', 'Pulling', `Pulling image "${written}"`);
    const began = this.#clock.monotonic();
    try {
      const ref = await this.#withCredentials(name, secrets, sandbox);
      const took = formatDuration(Math.round(this.#clock.monotonic() - began));
      const image = await this.#runtime.imageStatus(ref);
      this.#lastFailure.delete(key);
      event(
        'Normal',
        'Pulled',
        `Successfully pulled image "${written}" in ${took} (${took} including waiting). Image size: ${image?.sizeBytes ?? 0} bytes.`,
      );
      return { ref: image?.id ?? ref, image };
    } catch (error) {
      const message = (error as Error).message;
      event('Warning', 'Failed', `Failed to pull image "${written}": ${message}`);
      this.#backoff.next(key, this.#clock.now());
      this.#lastFailure.set(key, message);
      // The status tells ErrImagePull for a moment, and the back-off that follows from the next look on.
      throw new ImageError('ErrImagePull', message, 1000);
    }
  }

  async #withCredentials(name: string, secrets: V1Secret[], sandbox: SandboxConfig): Promise<string> {
    const credentials = credentialsFor(name, secrets);
    if (credentials.length === 0) return this.#runtime.pullImage(name, undefined, sandbox);
    let failure: unknown;
    for (const auth of credentials) {
      try {
        return await this.#runtime.pullImage(name, auth, sandbox);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** Forgets a Pod's back-offs. */
  forget(podUid: string): void {
    this.#backoff.forget(`${podUid}_`);
    for (const key of this.#lastFailure.keys())
      if (key.startsWith(`${podUid}_`)) this.#lastFailure.delete(key);
  }
}
