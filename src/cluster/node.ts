// The agent half of a cluster's process: containerd, images, the way out for pulls, and the node's agent.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { nodes } from '../api/generated/resources/core.v1.ts';
import type { KeyPair, Pki } from '../apiserver/pki/pki.ts';
import type { ApiServer } from '../apiserver/server.ts';
import type { Client } from '../client/client.ts';
import type { ComponentContext } from '../client/component.ts';
import { createHttpClient } from '../client/http-client.node.ts';
import { createInformers } from '../client/informers.ts';
import { createCriRuntime } from '../kubelet/cri/runtime.ts';
import { startAgent } from '../node/agent.ts';
import { startEgress } from '../node/egress/gateway.ts';
import { exec } from '../platform/exec.ts';
import type { ModeName } from '../proxy/modes/all.ts';
import type { Base } from './base.ts';
import { accepts, containerdSocket, spawnContainerd, whenListening } from './containerd.ts';
import { demoImage, pauseImage } from './images/builtin.ts';
import { importArguments } from './images/import.ts';
import { containerdLog } from './logs.ts';
import { addressPlan, innerApiPort } from './network.ts';
import { clusterPaths } from './paths.ts';
import { type NodeCertificates, nodeCertificates } from './pki.ts';
import type { ProcessConfig } from './process-config.ts';
import { kubernetesVersion } from './version.ts';

type NodeConfig = NonNullable<ProcessConfig['node']>;

const startMs = 30_000;
/** The proxy for pulls, on the loopback of the node. */
const pullPort = 3128;

/** Starts containerd where it does not run yet: it outlives the agent, and with it all containers. */
async function startContainerd(config: ProcessConfig, node: NodeConfig, base: Base): Promise<void> {
  const paths = clusterPaths(config.cluster, base.env);
  const folder = paths.node(node.name).containerd;
  const fresh = !existsSync(join(folder, 'root'));
  const running = existsSync(containerdSocket) && (await accepts(containerdSocket));
  if (!running) {
    spawnContainerd({
      folder,
      log: containerdLog(paths, node.name),
      podCidr: node.podCidr,
      pauseImage,
      cniBinaries: existsSync('/usr/lib/cni/bridge') ? '/usr/lib/cni' : '/opt/cni/bin',
      pullProxy: `http://127.0.0.1:${pullPort}`,
    });
    await whenListening(containerdSocket, AbortSignal.timeout(startMs));
  }
  if (fresh || !(await hasImages()))
    await exec('ctr', ['--address', containerdSocket, ...importArguments(node.archive)]);
}

async function hasImages(): Promise<boolean> {
  const listed = await exec('ctr', [
    '--address',
    containerdSocket,
    '--namespace',
    'k8s.io',
    'images',
    'ls',
    '-q',
  ]);
  const names = new Set(listed.split('\n'));
  return [pauseImage, demoImage('v1'), demoImage('v2')].every(name => names.has(name));
}

/** A client for this node: in the process where the server is in it too, else over the network. */
function clientsOf(
  config: ProcessConfig,
  node: NodeConfig,
  base: Base,
  server: ApiServer | undefined,
  pki: Pki,
  own: NodeCertificates,
) {
  const remote = (pair: KeyPair, component: string): Client =>
    createHttpClient({
      clock: base.clock,
      userAgent: `${component}/${kubernetesVersion}`,
      server: `https://${config.apiAddress}:${innerApiPort}`,
      tls: { ca: pki.caCertificate, cert: pair.certificate, key: pair.key },
    });
  if (!server) return { kubelet: remote(own.kubelet, 'kubelet'), network: remote(own.proxy, 'kube-proxy') };
  return {
    kubelet: server.client(
      { name: `system:node:${node.name}`, groups: ['system:nodes', 'system:authenticated'] },
      'kubelet',
    ),
    network: server.client(
      { name: 'system:kube-proxy', groups: ['system:node-proxiers', 'system:authenticated'] },
      'kube-proxy',
    ),
  };
}

export interface NodeOptions {
  config: ProcessConfig;
  node: NodeConfig;
  base: Base;
  pki: Promise<Pki>;
  /** Resolves when the API can be asked: to the server in this process, or to nothing where it is another's. */
  server: Promise<ApiServer | undefined>;
  stack: AsyncDisposableStack;
  progress(text: string): void;
}

/** Resolves when the node is Ready and the default Service answers on it. */
export async function startNodeProcess({
  config,
  node,
  base,
  pki: opening,
  server,
  stack,
  progress,
}: NodeOptions): Promise<void> {
  const paths = clusterPaths(config.cluster, base.env);
  const folder = paths.node(node.name);
  for (const each of [folder.kubelet, folder.podLogs, folder.containerd])
    mkdirSync(each, { recursive: true });
  const resolvConf = join(folder.root, 'host-resolv.conf');
  writeFileSync(resolvConf, config.hostResolvConf);
  const logger = base.logger.child('node');
  const egress = startEgress({
    host: '127.0.0.1',
    port: pullPort,
    socket: '/run/tsukube/egress.sock',
    namespaceFd: config.sockets.hostNetwork,
    logger,
  });
  // Nothing is connected before the first call: what the connection needs is loaded while containerd starts.
  const runtime = Promise.all([
    createCriRuntime({ socket: containerdSocket, clock: base.clock, logger }),
    startContainerd(config, node, base),
  ]).then(([created]) => created);
  // Both are awaited below: a refusal of the one must not go unheard while the other is waited for.
  runtime.catch(() => {});
  const pki = await opening;
  const [own, api] = await Promise.all([nodeCertificates(pki, node), server]);
  stack.use(await egress);
  const clients = clientsOf(config, node, base, api, pki, own);
  const contextOf = (client: Client): ComponentContext => ({
    ...base,
    client,
    informers: stack.use(createInformers(client, base)),
  });
  progress('containerd and the node');
  const kubelet = contextOf(clients.kubelet);
  await startAgent(
    kubelet,
    contextOf(clients.network),
    {
      nodeName: node.name,
      address: node.address,
      podCidr: node.podCidr,
      clusterCidr: addressPlan.pods,
      clusterDns: addressPlan.dns,
      clusterDomain: 'cluster.local',
      proxyMode: config.proxyMode as ModeName,
      cgroup: node.cgroup,
      runtime: await runtime,
      rootDirectory: folder.kubelet,
      logDirectory: folder.podLogs,
      hostResolvConf: { path: resolvConf, text: config.hostResolvConf },
      kubeletServer: { cert: own.serving.certificate, key: own.serving.key, clientCa: pki.caCertificate },
      version: kubernetesVersion,
      labels: {},
    },
    stack,
  );
  progress('the node gets Ready');
  await whenReady(kubelet.client, node.name);
  await whenAnswering(addressPlan.apiService, 443);
}

async function whenReady(client: Client, name: string): Promise<void> {
  const end = Date.now() + startMs;
  for (;;) {
    const found = await client.get(nodes, name).catch(() => undefined);
    if (found?.status?.conditions?.some(each => each.type === 'Ready' && each.status === 'True')) return;
    if (Date.now() > end) throw new Error(`node ${name} does not get Ready`);
    await new Promise(next => setTimeout(next, 10));
  }
}

/** A TLS handshake through the virtual IP: rules, routes and server are all there. */
async function whenAnswering(host: string, port: number): Promise<void> {
  const end = Date.now() + startMs;
  const once = (): Promise<boolean> =>
    new Promise(resolve => {
      const socket = tlsConnect({ host, port, rejectUnauthorized: false, timeout: 1000 }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('timeout', () => socket.destroy());
      socket.on('error', () => resolve(false));
      socket.on('close', () => resolve(false));
    });
  while (!(await once())) {
    if (Date.now() > end) throw new Error('the default Service does not answer');
    await new Promise(next => setTimeout(next, 10));
  }
}
