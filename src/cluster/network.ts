// The address plan of a local cluster, and the links between its network namespaces, made without touching the host's.
import { exec } from '../platform/exec.ts';
import { type Holder, insideNetwork } from './holder.ts';

/** Exists inside the cluster's own namespaces only, so clusters side by side may share it. */
export const addressPlan = {
  /** The link between nodes; `.1` is the cluster's own namespace (API server), nodes follow. */
  nodes: '172.30.0.0/24',
  pods: '10.244.0.0/16',
  services: '10.96.0.0/16',
  /** First address of `services`: the `kubernetes` Service. */
  apiService: '10.96.0.1',
  dns: '10.96.0.10',
  clusterAddress: '172.30.0.1',
} as const;

/** The API server's port inside of the cluster; the one on the host's loopback may be another. */
export const innerApiPort = 6443;

/** The address of node number `index`, counted from 0. */
export const nodeAddress = (index: number): string => `172.30.0.${index + 2}`;
/** More nodes than the link's addresses allow make no sense on one machine. */
export const maximumNodes = 200;

const addNodeLink = (address: string): string[] => [
  `addr add ${address}/24 dev eth0`,
  'link set eth0 up',
  // Virtual IPs are translated on output, but only for packets that have a route at all.
  `route add ${addressPlan.services} dev eth0`,
  // A node of its own has no way out: the route makes addresses outside of the cluster unreachable at once, not after a time-out.
  'route add unreachable default metric 4278198272',
];

const batch = (holder: Holder, lines: string[]): Promise<string> => {
  const [program, args] = insideNetwork(holder, 'ip', '-batch', '-');
  return exec(program, args, { input: `${lines.join('\n')}\n` });
};

/** The node forwards for its Pods, and what passes between Pods on its bridge passes the rules, too. */
const forwarding = (holder: Holder): Promise<string> =>
  exec(
    ...insideNetwork(
      holder,
      'sh',
      '-c',
      'cd /proc/sys/net; echo 1 > ipv4/ip_forward; echo 1 > bridge/bridge-nf-call-iptables; echo 1 > bridge/bridge-nf-call-ip6tables; echo 1 > ipv6/conf/all/forwarding 2>/dev/null || true',
    ),
  );

/** The one namespace of a one-node cluster: its node address lies on a pair of devices that ends in itself (small kernels have no dummy type). */
export async function linkSingleNode(node: Holder): Promise<void> {
  await Promise.all([
    batch(node, [
      'link add eth0 type veth peer name eth0-peer',
      'link set eth0-peer up',
      ...addNodeLink(nodeAddress(0)),
    ]),
    forwarding(node),
  ]);
}

/** The cluster's own namespace of a cluster of several nodes: a bridge that carries the API server's address. */
export async function linkCluster(cluster: Holder): Promise<void> {
  await batch(cluster, [
    'link add br0 type bridge',
    `addr add ${addressPlan.clusterAddress}/24 dev br0`,
    'link set br0 up',
    'route add unreachable default metric 4278198272',
  ]);
}

/** Joins node number `index` to the cluster's bridge by a pair of virtual Ethernet devices. */
export async function linkNode(cluster: Holder, node: Holder, index: number): Promise<void> {
  const port = `node${index}`;
  await batch(cluster, [
    `link add ${port} type veth peer name eth0 netns ${node.pid}`,
    `link set ${port} master br0`,
    `link set ${port} up`,
  ]);
  await Promise.all([batch(node, addNodeLink(nodeAddress(index))), forwarding(node)]);
}
