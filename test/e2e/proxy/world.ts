// A small network for packet tests: two nodes and an outsider on one segment, pods behind each node's bridge, all in namespaces
// that end with the test. Every address exists in both families; `at` picks one.
//
//   outside 192.168.50.1 ─┐            ┌─ a 10.244.1.2
//                    [segment]── node1 ┤
//   node2 192.168.50.12 ──┘   .50.11   └─ b 10.244.1.3
//     └─ c 10.244.2.2
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect, createNetworkNamespace, type NetworkNamespace } from '../../../src/platform/netns.ts';
import type { Family } from '../../../src/proxy/model/types.ts';

export interface ProbeRequest {
  protocol: 'tcp' | 'udp';
  host: string;
  port: number;
  count: number;
  timeoutMs: number;
  hold?: string;
  sourcePort?: number;
}

export interface ProbeResult {
  answers: Record<string, number>;
  slowestMs: number;
}

export type Place = 'outside' | 'node1' | 'node2' | 'a' | 'b' | 'c';

const hosts: Record<Place, readonly [string, string]> = {
  outside: ['192.168.50.1', 'fd00:50::1'],
  node1: ['192.168.50.11', 'fd00:50::11'],
  node2: ['192.168.50.12', 'fd00:50::12'],
  a: ['10.244.1.2', 'fd00:244:1::2'],
  b: ['10.244.1.3', 'fd00:244:1::3'],
  c: ['10.244.2.2', 'fd00:244:2::2'],
};

/** A place's address. */
export const at = (place: Place, family: Family = 'ipv4'): string => hosts[place][family === 'ipv4' ? 0 : 1];

export const clusterCIDRs = ['10.244.0.0/16', 'fd00:244::/32'];
export const serviceCIDRs = ['10.96.0.0/16', 'fd00:96::/112'];
export const podPorts = ['tcp:8080', 'tcp:8081', 'udp:8053'];

/** Addresses that nodes answer for: routed to node1 from outside. */
const routedToNode1 = ['10.96.0.0/16', '203.0.113.0/24', 'fd00:96::/112', 'fd00:203::/64'];

export interface World extends AsyncDisposable {
  namespaces: Record<Place, NetworkNamespace>;
  /** Asks from a place; by default once, with TCP. */
  ask(from: Place, host: string, port: number, options?: Partial<ProbeRequest>): Promise<ProbeResult>;
  /** Asks a connection that was made with `hold` once more. */
  again(from: Place, hold: string): Promise<ProbeResult>;
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const cidr = (address: string): string => `${address}/${address.includes(':') ? 64 : 24}`;
const both = (place: Place): string[] => [cidr(at(place)), cidr(at(place, 'ipv6'))];

async function cable(namespaces: Record<Place, NetworkNamespace>, segment: NetworkNamespace): Promise<void> {
  await segment.ip('link add br0 type bridge', 'link set br0 up');
  for (const place of ['outside', 'node1', 'node2'] as const)
    await connect(
      { namespace: namespaces[place], name: 'eth0', addresses: both(place) },
      { namespace: segment, name: place, bridge: 'br0' },
    );
  for (const [node, pods, number] of [
    ['node1', ['a', 'b'], 1],
    ['node2', ['c'], 2],
  ] as const) {
    const gateways = [`10.244.${number}.1`, `fd00:244:${number}::1`];
    await namespaces[node].ip(
      'link add cni0 type bridge',
      ...gateways.map(
        gateway => `addr add ${cidr(gateway)} dev cni0 ${gateway.includes(':') ? 'nodad' : ''}`,
      ),
      'link set cni0 up',
    );
    for (const pod of pods) {
      await connect(
        { namespace: namespaces[pod], name: 'eth0', addresses: both(pod) },
        { namespace: namespaces[node], name: `veth-${pod}`, bridge: 'cni0' },
      );
      await namespaces[pod].ip(...gateways.map(gateway => `route add default via ${gateway} dev eth0`));
    }
    await namespaces[node].sysctl('net.ipv4.ip_forward', 1);
    await namespaces[node].sysctl('net.ipv6.conf.all.forwarding', 1);
    const other = node === 'node1' ? 'node2' : 'node1';
    const far = 3 - number;
    await namespaces[node].ip(
      `route add 10.244.${far}.0/24 via ${at(other)}`,
      `route add fd00:244:${far}::/64 via ${at(other, 'ipv6')}`,
      `route add default via ${at('outside')}`,
      `route add default via ${at('outside', 'ipv6')}`,
    );
  }
  await namespaces.outside.ip(
    ...routedToNode1.map(
      route => `route add ${route} via ${at('node1', route.includes(':') ? 'ipv6' : 'ipv4')}`,
    ),
  );
}

async function startPod(namespace: NetworkNamespace, name: string): Promise<void> {
  const child = namespace.spawn(process.execPath, [script('pod.ts'), name, ...podPorts], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
}

class Prober {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #queue: Promise<unknown> = Promise.resolve();
  constructor(namespace: NetworkNamespace) {
    this.#child = namespace.spawn(process.execPath, [script('probe.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }
  /** One request at a time. */
  send(request: unknown): Promise<ProbeResult> {
    const answer = this.#queue.then(async () => {
      this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await this.#lines.next();
      if (done) throw new Error('the prober ended');
      return JSON.parse(value) as ProbeResult;
    });
    this.#queue = answer.catch(() => {});
    return answer;
  }
}

/** Makes the network and starts its pods. Needs root. */
export async function createWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const make = async (): Promise<NetworkNamespace> => stack.use(await createNetworkNamespace());
  const places = Object.keys(hosts) as Place[];
  const made = await Promise.all(places.map(async place => [place, await make()] as const));
  const namespaces = Object.fromEntries(made) as Record<Place, NetworkNamespace>;
  await cable(namespaces, await make());
  await Promise.all((['a', 'b', 'c'] as const).map(pod => startPod(namespaces[pod], pod)));
  const probers = new Map<Place, Prober>();
  const prober = (place: Place): Prober => {
    let found = probers.get(place);
    if (!found) probers.set(place, (found = new Prober(namespaces[place])));
    return found;
  };
  const rest = stack.move();
  return {
    namespaces,
    ask: (from, host, port, options = {}) =>
      prober(from).send({ protocol: 'tcp', host, port, count: 1, timeoutMs: 1500, ...options }),
    again: (from, hold) => prober(from).send({ again: hold, timeoutMs: 1500 }),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}
