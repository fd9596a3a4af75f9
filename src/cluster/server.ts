// The server half of a cluster's process: store, API server, controllers, scheduler, published ports.
import { createRegistry } from '../api/builtins.ts';
import { openIdConfiguration } from '../apiserver/authentication/tokens.ts';
import { startHttpServer } from '../apiserver/http.node.ts';
import { createTransport } from '../apiserver/kubelet-proxy/transport.node.ts';
import type { Pki } from '../apiserver/pki/pki.ts';
import { type ApiServer, createApiServer } from '../apiserver/server.ts';
import { createStages, issuerOf } from '../apiserver/stages.ts';
import type { ComponentContext } from '../client/component.ts';
import { createInformers } from '../client/informers.ts';
import { startControllers } from '../controllers/all.ts';
import { startScheduler } from '../scheduler/scheduler.ts';
import type { Store } from '../store/store.ts';
import type { Base } from './base.ts';
import { addressPlan, innerApiPort } from './network.ts';
import { serverCertificates } from './pki.ts';
import type { ProcessConfig } from './process-config.ts';
import { startPublish } from './publish.ts';
import { kubernetesVersion } from './version.ts';

const admin = (name: string) => ({ name, groups: ['system:masters', 'system:authenticated'] });

/** Starts all; resolves when requests are answered and controllers run. What it started goes to `stack`. */
export async function startServer(
  config: ProcessConfig,
  base: Base,
  opening: { pki: Promise<Pki>; store: Promise<Store> },
  stack: AsyncDisposableStack,
): Promise<ApiServer> {
  const { clock, random, logger, metrics } = base;
  const store = stack.use(await opening.store);
  const pki = await opening.pki;
  const { serving, kubeletClient } = await serverCertificates(pki, config.apiAddress);
  const transport = createTransport({
    certificate: kubeletClient.certificate,
    key: kubeletClient.key,
    ca: pki.caCertificate,
  });
  const stagesOptions = {
    serviceCidrs: [addressPlan.services],
    serviceAccountKey: pki.serviceAccountKey,
    apiServer: { address: config.apiAddress, port: innerApiPort },
    clientCa: pki.caCertificate,
  };
  const registry = createRegistry();
  const server = stack.use(
    await createApiServer({
      ...{ store, registry, clock, random, logger, metrics, transport },
      stages: createStages(stagesOptions),
      version: versionInfo(),
      metricsText: () => metrics.text(),
      oidc: await oidcOf(stagesOptions, config, base),
      address: `${config.apiAddress}:${innerApiPort}`,
    }),
  );
  stack.use(
    await startHttpServer({
      ...{ server, transport, logger },
      certificate: serving.certificate,
      key: serving.key,
      clientCa: pki.caCertificate,
      listen: [
        { host: config.apiAddress, port: innerApiPort },
        ...(config.sockets.api === undefined ? [] : [{ fd: config.sockets.api }]),
      ],
    }),
  );
  await server.ready;
  const clientOf = (component: string) => server.client(admin(`system:${component}`), component);
  const contextOf = (component: string): ComponentContext => {
    const client = clientOf(component);
    const informers = stack.use(createInformers(client, { clock, random, logger, metrics }));
    return { client, informers, clock, random, logger, metrics };
  };
  // One set of caches serves all of them; what they write is told apart by its field manager.
  const context = contextOf('kube-controller-manager');
  const [controllers, scheduler] = await Promise.all([
    startControllers(context, { resources: () => registry.all(), rootCa: pki.caCertificate }),
    startScheduler({ ...context, client: clientOf('kube-scheduler') }),
  ]);
  stack.use(controllers);
  stack.use(scheduler);
  const addresses = config.nodes.map(node => node.address);
  for (const { fd, nodePort } of config.sockets.publish) {
    stack.use(await startPublish({ fd, nodePort, addresses, logger: logger.child('publish') }));
  }
  return server;
}

function versionInfo() {
  const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
  return {
    major,
    minor,
    gitVersion: kubernetesVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'none',
    platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}

/** What verifiers of ServiceAccount tokens outside of the cluster read. */
async function oidcOf(options: Parameters<typeof issuerOf>[0], config: ProcessConfig, base: Base) {
  const issuer = issuerOf(options, base);
  const keys = await issuer.jwks();
  const configuration = openIdConfiguration(
    issuer.issuer,
    `https://${config.apiAddress}:${innerApiPort}/openid/v1/jwks`,
  );
  return { configuration: () => configuration, keys: () => keys };
}
