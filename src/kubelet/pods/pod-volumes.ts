import type { V1Pod } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { podCgroup } from '../container/sandbox-config.ts';
import { type Core, podFacts } from './core.ts';

/** The volumes of one Pod: made once, and again when something that they show has changed. */
export class PodVolumes {
  readonly #core: Core;
  readonly #uid: string;
  #paths: Promise<Map<string, string>> | undefined;
  #released = false;

  constructor(core: Core, uid: string) {
    this.#core = core;
    this.#uid = uid;
  }

  /** What was made is to be looked at again. */
  invalidate(): void {
    this.#paths = undefined;
  }

  /**
   * Paths by volume name. Throws MountError, or what the API server refused with; the next call tries again. `refreshIn` is called with
   * the milliseconds after which tokens in the volumes grow old.
   */
  prepare(
    pod: Stored<V1Pod>,
    podIPs: string[],
    refreshIn: (milliseconds: number) => void,
  ): Promise<Map<string, string>> {
    if (this.#paths) return this.#paths;
    const made = this.#make(pod, podIPs, refreshIn);
    this.#paths = made;
    made.catch(() => {
      if (this.#paths === made) this.#paths = undefined;
    });
    return made;
  }

  async #make(
    pod: Stored<V1Pod>,
    podIPs: string[],
    refreshIn: (milliseconds: number) => void,
  ): Promise<Map<string, string>> {
    const { references, volumes, tokens, context } = this.#core;
    this.#released = false;
    await references.use(pod);
    const paths = await volumes.prepare({
      pod,
      references: references.of(pod),
      facts: podFacts(this.#core, pod, podIPs),
    });
    const refreshAt = tokens.refreshAt(this.#uid);
    if (refreshAt !== undefined && Number.isFinite(refreshAt))
      refreshIn(Math.max(1000, refreshAt - context.clock.now()));
    return paths;
  }

  /** Removes everything of the Pod but its containers and logs. */
  async release(): Promise<void> {
    if (this.#released) return;
    const { references, tokens, options } = this.#core;
    // Something may be in the making still.
    await this.#paths?.catch(() => {});
    this.#paths = undefined;
    references.release(this.#uid);
    tokens.forget(this.#uid);
    await options.files.removePod(options.rootDirectory, this.#uid);
    await options.machine.removeCgroup(podCgroup(options.cgroupParent, this.#uid));
    this.#released = true;
  }
}
