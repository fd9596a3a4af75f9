// One node's agent: kubelet, proxy, routes and DNS, over one container runtime.
import type { ComponentContext } from '../client/component.ts';
import { startDns } from '../dns/dns.ts';
import { upstreamsFrom } from '../dns/resolv-conf.ts';
import { startKubelet } from '../kubelet/kubelet.ts';
import { linuxMachine } from '../kubelet/machine.ts';
import type { Runtime } from '../kubelet/runtime.ts';
import { diskFiles } from '../kubelet/volumes/disk.ts';
import { exec } from '../platform/exec.ts';
import { openHealthPort } from '../proxy/health-check-ports.node.ts';
import type { ModeName } from '../proxy/modes/all.ts';
import { startProxy } from '../proxy/proxy.ts';
import { publishDnsEndpoint } from './dns-endpoint.ts';
import { startRoutes } from './routes.ts';

export interface AgentOptions {
  nodeName: string;
  address: string;
  podCidr: string;
  /** All Pods' addresses, on this node and others. */
  clusterCidr: string;
  clusterDns: string;
  clusterDomain: string;
  proxyMode: ModeName;
  cgroup: string;
  runtime: Runtime;
  rootDirectory: string;
  logDirectory: string;
  /** Path and text of the host's resolv.conf. */
  hostResolvConf: { path: string; text: string };
  kubeletServer: { cert: string; key: string; clientCa: string };
  version: string;
  labels: Record<string, string>;
}

/** `kubelet` acts as the node, `network` (proxy, routes, DNS) as system:kube-proxy. What is started goes to `stack`. */
export async function startAgent(
  kubelet: ComponentContext,
  network: ComponentContext,
  options: AgentOptions,
  stack: AsyncDisposableStack,
): Promise<void> {
  const { nodeName, address } = options;
  const proxy = startProxy(network, {
    nodeName,
    mode: options.proxyMode,
    clusterCidrs: [options.clusterCidr],
    nodePortAddresses: [],
    execute: exec,
    openHealthPort: openHealthPort(),
  });
  const dns = startDns(network, {
    addresses: [address],
    port: 53,
    clusterDomain: options.clusterDomain,
    upstreams: upstreamsFrom([options.hostResolvConf.text], [address, options.clusterDns]),
  });
  const routes = startRoutes(network, {
    nodeName,
    apply: async lines => {
      await exec('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
    },
  });
  const kube = startKubelet(kubelet, {
    nodeName,
    nodeIPs: [address],
    hostname: nodeName,
    runtime: options.runtime,
    machine: linuxMachine(options.rootDirectory),
    files: diskFiles,
    rootDirectory: options.rootDirectory,
    logDirectory: options.logDirectory,
    clusterDns: [options.clusterDns],
    clusterDomain: options.clusterDomain,
    podCidrs: [options.podCidr],
    cgroupParent: options.cgroup,
    server: { ...options.kubeletServer, address },
    labels: options.labels,
    versions: { kubelet: options.version, kubeProxy: options.version },
    hostResolvConf: options.hostResolvConf.path,
  });
  for (const started of await Promise.allSettled([kube, proxy, dns, routes])) {
    if (started.status === 'rejected') throw started.reason;
    stack.use(started.value);
  }
  await publishDnsEndpoint(network.client, nodeName, address);
  await (await proxy).whenSynced;
}
