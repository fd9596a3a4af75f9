// The kubelet: makes the Pods of one node true, and tells how they are. Composition only; start reading at pods/worker.ts.
import { nodes, pods, services } from '../api/generated/resources/core.v1.ts';
import type { ComponentContext } from '../client/component.ts';
import { parseResolvConf } from './container/dns.ts';
import { createKubeletEvents } from './events.ts';
import { collectGarbage } from './garbage/garbage.ts';
import { ImagePuller } from './images/image-puller.ts';
import { NodeReporter } from './node/node.ts';
import { nodeAllocatable } from './node/node-status.ts';
import { defaultMaxPods, type KubeletOptions } from './options.ts';
import { StartBackoff } from './pods/backoff.ts';
import type { Core } from './pods/core.ts';
import { Observer } from './pods/observe.ts';
import { Pods } from './pods/pods.ts';
import { networkProbes } from './probes/network.ts';
import { Probes } from './probes/probes.ts';
import { createReferences } from './references.ts';
import { StatusWriter } from './status/status-writer.ts';
import { PodTokens } from './volumes/tokens.ts';
import { createVolumes } from './volumes/volumes.ts';

/** A running kubelet. Disposing of it leaves the containers running: the next one adopts them. */
export interface Kubelet extends AsyncDisposable {
  /** Of its server; 0 without one. */
  readonly port: number;
}

const maxTextBytes = 64 * 1024;

/**
 * Starts the kubelet of one node; resolves when the node is registered, its server listens and its Pods are being worked on. Throws
 * when the runtime does not answer.
 */
export async function startKubelet(context: ComponentContext, options: KubeletOptions): Promise<Kubelet> {
  const { clock, client, informers, logger } = context;
  const { runtime, files, machine, nodeName, rootDirectory } = options;
  const scope = { fieldSelector: `spec.nodeName=${nodeName}` };
  const podInformer = informers.for(pods, scope);
  const nodeInformer = informers.for(nodes, { fieldSelector: `metadata.name=${nodeName}` });
  const serviceInformer = informers.for(services);

  const [{ name: runtimeName }, facts] = await Promise.all([
    runtime.version(),
    machine.facts(),
    files.start(rootDirectory),
  ]);
  const events = createKubeletEvents(context, nodeName);
  const tokens = new PodTokens(client, clock);
  const allocatable = nodeAllocatable(facts, options.maxPods ?? defaultMaxPods);
  const probeActions = options.probeActions ?? networkProbes;
  const readText = async (path: string): Promise<string> =>
    new TextDecoder().decode((await files.readTail(path, maxTextBytes)) ?? new Uint8Array());

  const core: Core = {
    context,
    options,
    runtimeName,
    facts,
    events,
    services: serviceInformer,
    references: createReferences(context, uids => workers.referencesChanged(uids)),
    volumes: createVolumes({ rootDirectory, files, tokens, client }),
    tokens,
    puller: new ImagePuller(runtime, clock, events),
    probes: new Probes({
      clock,
      runtime,
      actions: probeActions,
      events,
      changed: uid => workers.wake([uid]),
    }),
    probeActions,
    backoff: new StartBackoff(clock),
    observer: new Observer(runtime, files),
    statuses: new StatusWriter(context),
    hostDns: async () => parseResolvConf(await readText(options.hostResolvConf)),
    hostHosts: () => readText('/etc/hosts'),
    allocatable: () => allocatable,
  };
  const reporter = new NodeReporter(core);
  const workers = new Pods(core, podInformer, () => reporter.node);

  const stack = new AsyncDisposableStack();
  stack.use(events);
  stack.defer(() => core.statuses.close());
  stack.defer(() => core.references.close());
  stack.defer(() => core.probes.close());
  stack.defer(() => workers.close());
  stack.defer(() => reporter.close());
  try {
    if (options.server) {
      const { startServer } = await import('./server/server.ts');
      const server = stack.use(await startServer(core, workers, options.server));
      reporter.port = server.port;
    }
    await Promise.all([reporter.start(), serviceInformer.whenSynced()]);
    stack.defer(
      nodeInformer.addHandler({
        added: node => reporter.observed(node),
        updated: node => reporter.observed(node),
      }),
    );
    await workers.start();
    stack.defer(collectGarbage(core, workers));
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
  logger.info('kubelet started', { node: nodeName, port: reporter.port });
  return {
    port: reporter.port,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
