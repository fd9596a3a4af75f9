import type { V1Node, V1Pod } from '../../api/generated/types.ts';
import type { Informer } from '../../client/informer.ts';
import type { Timer } from '../../machinery/clock.ts';
import type { Stored } from '../../machinery/object.ts';
import { podNameLabel, podNamespaceLabel, podUidLabel } from '../labels.ts';
import { defaultMaxPods } from '../options.ts';
import type { RuntimeEvent } from '../runtime.ts';
import { isTerminal } from '../spec.ts';
import { refusalOf } from './admission.ts';
import type { Core } from './core.ts';
import { emptyState, type PodState } from './plan.ts';
import { PodWorker } from './worker.ts';

/** How often an event is looked after: the runtime tells of an exit a moment before its own list has it. */
const settleMs = [0, 10, 30, 80, 200, 500, 1500];
/** A look at everything, for what no event told. */
const relistMs = 10_000;
const relistWithoutEventsMs = 1000;

/** All Pods of this node: one worker each, from the API's list, the runtime's list, and the events of both. */
export class Pods {
  readonly #core: Core;
  readonly #informer: Informer<V1Pod>;
  readonly #node: () => V1Node | undefined;
  readonly #workers = new Map<string, PodWorker>();
  readonly #timers = new Set<Timer>();
  #stop: (() => void)[] = [];
  #closed = false;

  constructor(core: Core, informer: Informer<V1Pod>, node: () => V1Node | undefined) {
    this.#core = core;
    this.#informer = informer;
    this.#node = node;
  }

  get(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  find(namespace: string, name: string): PodWorker | undefined {
    const uid = this.#informer.get(`${namespace}/${name}`)?.metadata.uid;
    return uid === undefined ? undefined : this.#workers.get(uid);
  }

  all(): Iterable<PodWorker> {
    return this.#workers.values();
  }

  /** Adopts what runs, ends what the API does not know, and follows the API from then on. */
  async start(): Promise<void> {
    const states = await this.#runtimeStates();
    await this.#informer.whenSynced();
    this.#stop.push(
      this.#informer.addHandler({
        added: pod => this.#added(pod, states.get(pod.metadata.uid)),
        updated: (pod, previous) => {
          if (pod.metadata.uid !== previous.metadata.uid) {
            this.#workers.get(previous.metadata.uid)?.forget();
            this.#added(pod, undefined);
          } else this.#workers.get(pod.metadata.uid)?.update(pod);
        },
        deleted: pod => this.#workers.get(pod.metadata.uid)?.forget(),
      }),
    );
    for (const [uid, state] of states) if (!this.#workers.has(uid)) this.#orphan(uid, state);
    states.clear();
    await this.#removeLeftovers();
    this.#stop.push(this.#core.options.runtime.subscribe(event => this.#event(event)));
    this.#relistAfter(relistMs);
  }

  /** Wakes the Pods' workers. */
  wake(uids: Iterable<string>): void {
    for (const uid of uids) this.#workers.get(uid)?.wake();
  }

  referencesChanged(uids: Iterable<string>): void {
    for (const uid of uids) this.#workers.get(uid)?.referencesChanged();
  }

  close(): void {
    this.#closed = true;
    for (const stop of this.#stop) stop();
    for (const timer of this.#timers) timer.cancel();
    for (const worker of this.#workers.values()) worker.close();
  }

  #added(pod: Stored<V1Pod>, state: PodState | undefined): void {
    const { uid } = pod.metadata;
    const present = this.#workers.get(uid);
    if (present) {
      present.update(pod);
      return;
    }
    const worker = new PodWorker(this.#core, pod, state ?? emptyState, done => {
      if (this.#workers.get(done.uid) === done) this.#workers.delete(done.uid);
    });
    // A Pod that has run here before has been let in before.
    const isNew = !state && !pod.status?.containerStatuses?.some(({ containerID }) => containerID);
    const others = isNew ? this.#active() : [];
    this.#workers.set(uid, worker);
    if (isTerminal(pod)) worker.stage = 'ending';
    else if (isNew && !pod.metadata.deletionTimestamp) {
      const refusal = refusalOf(pod, this.#node(), others, this.#core.options.maxPods ?? defaultMaxPods);
      if (refusal) {
        this.#core.events.record(pod, 'Warning', refusal.reason, refusal.message);
        worker.evict(refusal);
        return;
      }
    }
    worker.wake();
  }

  #active(): V1Pod[] {
    return [...this.#workers.values()]
      .filter(({ stage }) => stage === 'running' || stage === 'ending')
      .map(({ pod }) => pod);
  }

  /** Something in the runtime whose Pod the API does not know. */
  #orphan(uid: string, state: PodState): void {
    const labels = state.sandboxes[0]?.labels ?? state.containers[0]?.labels ?? {};
    const pod: Stored<V1Pod> = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        uid,
        name: labels[podNameLabel] ?? '',
        namespace: labels[podNamespaceLabel] ?? '',
        resourceVersion: '0',
        creationTimestamp: '',
        deletionGracePeriodSeconds: 1,
      },
      spec: { containers: [] },
    };
    const worker = new PodWorker(this.#core, pod, state, done => this.#workers.delete(done.uid));
    this.#workers.set(uid, worker);
    worker.forget();
  }

  async #runtimeStates(): Promise<Map<string, PodState>> {
    const { runtime } = this.#core.options;
    const [sandboxes, containers] = await Promise.all([runtime.sandboxes(), runtime.containers()]);
    const uids = new Set(
      [...sandboxes, ...containers].map(({ labels }) => labels[podUidLabel]).filter(Boolean),
    );
    const states = await Promise.all(
      Array.from(uids, async uid => [uid!, await this.#core.observer.observe(uid!, emptyState)] as const),
    );
    return new Map(states);
  }

  /** Directories of Pods that are neither in the API nor in the runtime. */
  async #removeLeftovers(): Promise<void> {
    const { files, rootDirectory } = this.#core.options;
    for (const uid of await files.podUids(rootDirectory))
      if (!this.#workers.has(uid)) await files.removePod(rootDirectory, uid);
  }

  #event(event: RuntimeEvent): void {
    if (event.type === 'lost') {
      void this.#relist();
      this.#relistAfter(relistWithoutEventsMs);
    } else if (event.type === 'change') this.#workers.get(event.podUid)?.wake();
    else void this.#exited(event.id);
  }

  async #exited(id: string): Promise<void> {
    const uid = this.#ownerOf(id) ?? (await this.#findOwner(id));
    if (uid === undefined) return;
    for (const delay of settleMs) {
      if (this.#closed || !this.#seesRunning(uid, id)) return;
      await new Promise<void>(resolve => {
        const timer = this.#core.context.clock.timer(delay, () => {
          this.#timers.delete(timer);
          resolve();
        });
        this.#timers.add(timer);
      });
      this.#workers.get(uid)?.wake();
    }
  }

  #seesRunning(uid: string, id: string): boolean {
    const state = this.#workers.get(uid)?.state;
    if (!state) return false;
    const container = state.containers.find(each => each.id === id);
    if (container) return container.state !== 'exited';
    const sandbox = state.sandboxes.find(each => each.id === id);
    return sandbox ? sandbox.state === 'ready' : true;
  }

  #ownerOf(id: string): string | undefined {
    for (const [uid, { state }] of this.#workers)
      if (state.containers.some(each => each.id === id) || state.sandboxes.some(each => each.id === id))
        return uid;
    return undefined;
  }

  /** A container that ended before its worker has seen it. */
  async #findOwner(id: string): Promise<string | undefined> {
    const containers = await this.#core.options.runtime.containers().catch(() => []);
    return containers.find(container => container.id === id)?.labels[podUidLabel];
  }

  #relistAfter(milliseconds: number): void {
    if (this.#closed) return;
    const timer = this.#core.context.clock.timer(milliseconds, () => {
      this.#timers.delete(timer);
      void this.#relist();
      if (milliseconds === relistMs) this.#relistAfter(relistMs);
    });
    this.#timers.add(timer);
  }

  /** Wakes the workers whose Pods look different from what they know, and ends what has no worker. */
  async #relist(): Promise<void> {
    const { runtime } = this.#core.options;
    const seen = new Map<string, string[]>();
    try {
      const [sandboxes, containers] = await Promise.all([runtime.sandboxes(), runtime.containers()]);
      for (const { id, state, labels } of [...sandboxes, ...containers]) {
        const uid = labels[podUidLabel];
        if (uid) seen.set(uid, [...(seen.get(uid) ?? []), `${id} ${state}`]);
      }
    } catch (error) {
      this.#core.context.logger.debug('runtime could not be listed', { error });
      return;
    }
    if (this.#closed) return;
    for (const [uid, worker] of this.#workers) {
      const known = [...worker.state.sandboxes, ...worker.state.containers].map(
        ({ id, state }) => `${id} ${state}`,
      );
      const now = seen.get(uid) ?? [];
      if (known.toSorted().join() !== now.toSorted().join()) worker.wake();
    }
    for (const uid of seen.keys())
      if (!this.#workers.has(uid)) this.#orphan(uid, await this.#core.observer.observe(uid, emptyState));
  }
}
