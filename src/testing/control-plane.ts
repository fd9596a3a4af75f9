// API server, controllers and scheduler over a memory store, in this process, as src/cluster/server.ts composes the real ones.
import { createRegistry } from '../api/builtins.ts';
import { configmaps } from '../api/generated/resources/core.v1.ts';
import type { Registry } from '../api/registration.ts';
import { registryOf } from '../api/registry.ts';
import type { User } from '../apiserver/contracts.ts';
import { type ApiServer, createApiServer } from '../apiserver/server.ts';
import { createStages } from '../apiserver/stages.ts';
import type { ComponentContext } from '../client/component.ts';
import { createInformers } from '../client/informers.ts';
import { kubernetesVersion } from '../cluster/version.ts';
import { controllers, startControllers } from '../controllers/all.ts';
import type { Clock } from '../machinery/clock.ts';
import type { Logger } from '../machinery/logger.ts';
import type { Metrics } from '../machinery/metrics.ts';
import type { Random } from '../machinery/random.ts';
import { startScheduler } from '../scheduler/scheduler.ts';
import { createMemoryStore } from '../store/memory.ts';
import { apiAddress } from './addresses.ts';
import { type Guard, guardedClient } from './guarded-client.ts';
import { noAuthority, serviceAccountKey } from './pki.ts';

/** What all parts of one cluster share. */
export interface Base {
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
}

export interface ControlPlaneOptions {
  /** Names of controllers to run; absent: all. */
  controllers?: readonly string[];
  /** Default true. */
  scheduler?: boolean;
  /** What stands between components and the API. */
  guard: Omit<Guard, 'component'>;
}

export interface ControlPlane {
  server: ApiServer;
  registry: Registry;
  /** A client and caches of its own for a component; `guard` stands before the cluster's. */
  context(component: string, user: User, guard?: Omit<Guard, 'component'>): ComponentContext;
  /** One more instance of all controllers. */
  startControllers(): Promise<AsyncDisposable>;
  /** Tells everyone in the cluster of its authority, in PEM, in place of none. */
  publishAuthority(ca: string): Promise<void>;
}

const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
const version = {
  ...{ major, minor, gitVersion: kubernetesVersion, gitCommit: '', gitTreeState: 'clean' },
  ...{ buildDate: '1970-01-01T00:00:00Z', goVersion: 'none', compiler: 'none', platform: 'linux/amd64' },
};

/** Someone who may do everything. */
export const master = (name: string): User => ({ name, groups: ['system:masters', 'system:authenticated'] });

let builtins: Registry | undefined;

const publisher = 'root-ca-cert-publisher';

/** Resolves when requests are answered and all components work. What it starts goes to `stack`. */
export async function startControlPlane(
  base: Base,
  options: ControlPlaneOptions,
  stack: AsyncDisposableStack,
): Promise<ControlPlane> {
  builtins ??= createRegistry();
  const registry = registryOf(builtins.all());
  const server = stack.use(
    await createApiServer({
      ...base,
      store: stack.use(createMemoryStore()),
      registry,
      stages: createStages({
        serviceAccountKey: await serviceAccountKey(),
        apiServer: apiAddress,
      }),
      version,
      address: `${apiAddress.address}:${apiAddress.port}`,
    }),
  );
  await server.ready;
  const context: ControlPlane['context'] = (component, user, guard = options.guard) => {
    const client = guardedClient(server.client(user, component.split('/')[0]), { component, ...guard });
    const informers = stack.use(createInformers(client, base));
    return { ...base, client, informers };
  };
  const enabled = options.controllers ?? Object.keys(controllers);
  const manager = (): ComponentContext =>
    context('kube-controller-manager', master('system:kube-controller-manager'));
  const run = async (own: ComponentContext, names: readonly string[], rootCa: string) =>
    stack.use(await startControllers(own, { resources: () => registry.all(), enabled: names, rootCa }));
  // Apart from the others, so that the authority can be told later.
  const publish = (own: ComponentContext, ca: string) =>
    enabled.includes(publisher) ? run(own, [publisher], ca) : undefined;
  const first = manager();
  let publishing: AsyncDisposable | undefined;
  const scheduling = async (): Promise<void> => {
    if (options.scheduler === false) return;
    stack.use(await startScheduler(context('kube-scheduler', master('system:kube-scheduler'))));
  };
  const others = enabled.filter(name => name !== publisher);
  const publishFirst = async (): Promise<void> => {
    publishing = await publish(first, noAuthority);
  };
  await Promise.all([run(first, others, noAuthority), publishFirst(), scheduling()]);
  return {
    server,
    registry,
    context,
    startControllers: () => run(manager(), others, noAuthority),
    async publishAuthority(ca) {
      await publishing?.[Symbol.asyncDispose]();
      publishing = await publish(first, ca);
      await first.client.create(configmaps, {
        metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
        data: { 'client-ca-file': ca },
      });
    },
  };
}
