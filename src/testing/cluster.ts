// A cluster in this process, for tests: the real API server, controllers, scheduler and kubelets over a store in memory and nodes
// whose containers are data. docs/testing.md shows its use.
import { events, nodes, serviceaccounts } from '../api/generated/resources/core.v1.ts';
import type { CoreV1Event, V1Node } from '../api/generated/types.ts';
import type { Resource } from '../api/resource.ts';
import { wellKnownAddresses } from '../apiserver/stages.ts';
import type { Client } from '../client/client.ts';
import type { ComponentContext } from '../client/component.ts';
import { type Logger, silentLogger } from '../machinery/logger.ts';
import { noMetrics } from '../machinery/metrics.ts';
import type { KubeObject, Stored } from '../machinery/object.ts';
import { seededRandom } from '../machinery/random.ts';
import { isNotFound } from '../machinery/status-error.ts';
import { nodeAddress, podCidr } from './addresses.ts';
import { applyManifest } from './apply.ts';
import { type ClusterClock, createClusterClock, type Duration, millisecondsOf } from './cluster-clock.ts';
import { type Base, type ControlPlane, master, startControlPlane } from './control-plane.ts';
import type { ApiCall } from './guarded-client.ts';
import { type Images, imageLookup } from './images.ts';
import { type NodeOptions, SimulatedNode } from './node.ts';
import { type ObjectOf, parseReference, resourceCalled } from './reference.ts';
import { Turnstile } from './turnstile.ts';

export interface ClusterOptions {
  /** How many, or what each is like. Default 1; 0 is a cluster without nodes. */
  nodes?: number | readonly NodeOptions[];
  /** `controlled` (default): time stands still until the test moves it. `real`: it passes as outside. */
  time?: 'controlled' | 'real';
  /** Of all randomness. Default 1. */
  seed?: number;
  /** How containers behave, by image. */
  images?: Images;
  /** Names of controllers to run; absent: all. */
  controllers?: readonly string[];
  /** Default true. */
  scheduler?: boolean;
  /** Called before every call of a component to the API: what it throws is the call's answer, and a promise delays it. */
  beforeCall?(call: ApiCall): void | Promise<void>;
  /** Called after every such call that took effect: what it throws comes in place of the answer. */
  afterCall?(call: ApiCall): void | Promise<void>;
  /** Hears what components say; default: nobody. */
  logger?: Logger;
}

export interface Where {
  /** Default `default`. */
  namespace?: string;
}

export interface WaitOptions extends Where {
  /** Of the cluster's time. Default one minute. */
  timeout?: Duration;
}

/** What was waited for did not come; `cause` is what was seen last, or what the condition threw. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

export class Cluster implements AsyncDisposable {
  /** Acts as the cluster's administrator, in this process. */
  readonly client: Client;
  readonly clock: ClusterClock;
  readonly nodes: readonly SimulatedNode[];
  readonly #plane: ControlPlane;
  readonly #base: Base;
  readonly #stack: AsyncDisposableStack;
  #kubeconfig: Promise<string> | undefined;

  private constructor(
    plane: ControlPlane,
    base: Base,
    clock: ClusterClock,
    client: Client,
    simulated: readonly SimulatedNode[],
    stack: AsyncDisposableStack,
  ) {
    this.client = client;
    this.clock = clock;
    this.nodes = simulated;
    this.#plane = plane;
    this.#base = base;
    this.#stack = stack;
  }

  /** Resolves when all nodes are Ready and Pods can be made in the default namespace. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const { time = 'controlled', seed = 1, logger = silentLogger } = options;
    const turnstile = new Turnstile();
    if (time === 'real') turnstile.open();
    const clock = createClusterClock(time, turnstile.next);
    const base: Base = { clock, random: seededRandom(seed), logger, metrics: noMetrics };
    const stack = new AsyncDisposableStack();
    try {
      stack.defer(() => clock.pause());
      const guard = { before: options.beforeCall, after: options.afterCall };
      const plane = await clock.drive(
        startControlPlane(
          base,
          { controllers: options.controllers, scheduler: options.scheduler, guard },
          stack,
        ),
      );
      const { client } = plane.context('admin', master('kubernetes-admin'), {});
      const simulated = planNodes(options, plane, clock, turnstile);
      for (const node of simulated) stack.use(node);
      stack.defer(() => turnstile.open());
      await clock.drive(Promise.all(simulated.map(node => node.start())));
      const cluster = new Cluster(plane, base, clock, client, simulated, stack);
      await cluster.#untilUsable(options);
      return cluster;
    } catch (error) {
      await clock.drive(stack.disposeAsync());
      throw error;
    }
  }

  /** Path of a kubeconfig file for kubectl and clients in any language. The first to ask opens HTTPS on loopback. */
  get kubeconfig(): Promise<string> {
    return (this.#kubeconfig ??= import('./kubeconfig.ts').then(({ openKubeconfig }) =>
      openKubeconfig(this.#plane, this.#base.logger, this.#stack),
    ));
  }

  /** Applies the objects of a YAML or JSON manifest: its text, or the path of its file. */
  apply(manifest: string, { namespace = 'default' }: Where = {}): Promise<Stored<KubeObject>[]> {
    return applyManifest(this.client, this.#plane.registry, manifest, namespace);
  }

  /** An object by `kind/name`; throws a StatusError `NotFound` where there is none. */
  get<R extends string>(reference: R, { namespace = 'default' }: Where = {}): Promise<ObjectOf<R>> {
    const { resource, name } = parseReference(this.#plane.registry, reference);
    const where = resource.namespaced ? namespace : undefined;
    return this.client.get(resource, name, where) as Promise<ObjectOf<R>>;
  }

  /** All objects of a kind in a namespace. */
  async list<K extends string>(
    kind: K,
    { namespace = 'default', labelSelector }: Where & { labelSelector?: string } = {},
  ): Promise<ObjectOf<K>[]> {
    const resource = this.resource(kind);
    const { items } = await this.client.list(resource, {
      ...(resource.namespaced ? { namespace } : {}),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
    return items as ObjectOf<K>[];
  }

  /** What `client` takes to name a resource: `cluster.resource('deployments')`. */
  resource(kind: string): Resource<KubeObject> {
    return resourceCalled(this.#plane.registry, kind) as Resource<KubeObject>;
  }

  /** Events, oldest first; those about one object where it is given as `kind/name`. */
  async events(about?: string, { namespace = 'default' }: Where = {}): Promise<Stored<CoreV1Event>[]> {
    const { items } = await this.client.list(events, about === undefined ? {} : { namespace });
    const sorted = items.toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
    if (about === undefined) return sorted;
    const { resource, name } = parseReference(this.#plane.registry, about);
    return sorted.filter(
      ({ involvedObject }) => involvedObject.kind === resource.kind && involvedObject.name === name,
    );
  }

  /** Waits until the object is there and as it should be, letting controlled time pass as far as needed; gives the object. */
  until<R extends string>(
    reference: R,
    predicate: (object: ObjectOf<R>) => boolean,
    options?: WaitOptions,
  ): Promise<ObjectOf<R>>;
  /** Waits until the condition holds. */
  until(condition: () => boolean | Promise<boolean>, options?: WaitOptions): Promise<void>;
  async until<R extends string>(
    what: R | (() => boolean | Promise<boolean>),
    second?: ((object: ObjectOf<R>) => boolean) | WaitOptions,
    third?: WaitOptions,
  ): Promise<ObjectOf<R> | undefined> {
    if (typeof what === 'function') {
      await this.#wait(what, (second ?? {}) as WaitOptions, () => 'the condition did not come true');
      return undefined;
    }
    let last: ObjectOf<R> | undefined;
    const holds = async (): Promise<boolean> => {
      last = await this.get(what, third).catch(absent);
      return last !== undefined && (second as (object: ObjectOf<R>) => boolean)(last);
    };
    await this.#wait(
      holds,
      third ?? {},
      () => `${what} did not become what was waited for; it is ${JSON.stringify(last)}`,
    );
    return last;
  }

  /** Waits until there is no such object. */
  async untilGone(reference: string, options: WaitOptions = {}): Promise<void> {
    const gone = async (): Promise<boolean> =>
      (await this.get(reference, options).catch(absent)) === undefined;
    await this.#wait(gone, options, () => `${reference} is still there`);
  }

  /** What a component of your own is started with: a client that acts as an administrator of this name, and caches over it. */
  context(component: string): ComponentContext {
    return this.#plane.context(component, master(component));
  }

  /** Starts one more instance of all controllers, as a second server would. */
  startControllers(): Promise<AsyncDisposable> {
    return this.clock.drive(this.#plane.startControllers());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kubeconfig?.catch(() => {});
    await this.clock.drive(this.#stack.disposeAsync());
  }

  async #untilUsable({ controllers }: ClusterOptions): Promise<void> {
    const runs = (name: string): boolean => controllers === undefined || controllers.includes(name);
    const usable = async (): Promise<boolean> => {
      const { items } = await this.client.list(nodes);
      const ready = items.filter(node => isUsable(node, runs('nodelifecycle'))).length;
      return (
        ready >= this.nodes.length &&
        (!runs('serviceaccount') ||
          (await this.client.get(serviceaccounts, 'default', 'default').catch(absent)) !== undefined)
      );
    };
    await this.#wait(usable, {}, () => 'the cluster did not become usable');
  }

  async #wait(
    condition: () => boolean | Promise<boolean>,
    { timeout = '1m' }: WaitOptions,
    text: () => string,
  ): Promise<void> {
    const limit = this.clock.now() + millisecondsOf(timeout);
    for (;;) {
      if (await condition()) return;
      await this.clock.settle();
      if (await condition()) return;
      if (!(await this.clock.step(limit))) throw new TimeoutError(`after ${timeout}: ${text()}`);
    }
  }
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: Stored<CoreV1Event>): string =>
  lastTimestamp ?? eventTime ?? metadata.creationTimestamp;

const absent = (error: unknown): undefined => {
  if (!isNotFound(error)) throw error;
  return undefined;
};

/** Ready, and cleared of the taints that a node starts with where there is a controller to clear it. */
const isUsable = (node: V1Node, cleared: boolean): boolean =>
  node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true &&
  !(cleared && node.spec?.taints?.some(({ key }) => key.startsWith('node.kubernetes.io/')));

function planNodes(
  { nodes: wanted = 1, images, beforeCall, afterCall }: ClusterOptions,
  plane: ControlPlane,
  clock: ClusterClock,
  turnstile: Turnstile,
): SimulatedNode[] {
  const each = typeof wanted === 'number' ? Array.from({ length: wanted }, (): NodeOptions => ({})) : wanted;
  const image = imageLookup(images);
  const clusterDns = wellKnownAddresses().dns;
  return each.map((options, index) => {
    const name = options.name ?? `node-${index + 1}`;
    const user = { name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] };
    return new SimulatedNode({
      ...options,
      ...{ name, image, clock, clusterDns, address: nodeAddress(index), podCidr: podCidr(index) },
      context: ({ before, connection }) =>
        plane.context(`kubelet/${name}`, user, {
          before: async call => {
            before();
            await beforeCall?.(call);
          },
          after: afterCall,
          connection,
          // A token is signed outside of the cluster's time.
          around: ({ subresource }, work) => (subresource === 'token' ? turnstile.pass(work) : work),
        }),
    });
  });
}
