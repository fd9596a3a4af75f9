// UDP has no end of a connection: a flow that is translated to an endpoint that has gone would lose packets until it falls silent.
// (upstream: pkg/proxy/conntrack/cleanup.go; kubernetes#19029, #126130, #139628, #141371)
import type { Execute } from './execute.ts';
import type { Family, ServiceChange, ServicePort } from './model/types.ts';

/** A tracked flow as the client sent it and as answers come. */
export interface Flow {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly replySource: string;
  readonly replySourcePort: number;
}

/** Which flows of UDP services may live: by `address port` of the frontend (`* port` for node ports), the endpoints that serve. */
export type Expectations = Map<string, ReadonlySet<string>>;

const frontends = (port: ServicePort): string[] => [
  ...[port.clusterIP, ...port.externalIPs, ...port.balancerIPs].map(address => `${address} ${port.port}`),
  ...(port.nodePort > 0 ? [`* ${port.nodePort}`] : []),
];

/** What these changes mean for flows; a frontend that has gone may keep none. Ports without a change in what serves are left out. */
export function expectationsOf(changes: readonly ServiceChange[]): Expectations {
  const expectations: Expectations = new Map();
  for (const { before, after } of changes) {
    const udp = (ports: readonly ServicePort[]): ServicePort[] =>
      ports.filter(port => port.protocol === 'UDP');
    const state = (ports: readonly ServicePort[]): string => JSON.stringify(udp(ports).map(identity));
    if (state(before) === state(after)) continue;
    for (const port of udp(before)) for (const key of frontends(port)) expectations.set(key, new Set());
    for (const port of udp(after))
      for (const key of frontends(port)) expectations.set(key, new Set(port.serving));
  }
  return expectations;
}

const identity = (port: ServicePort): unknown => [frontends(port), port.serving];

/** Reads `conntrack -L` lines; others are skipped. */
export function parseFlows(listing: string): Flow[] {
  const flows: Flow[] = [];
  for (const line of listing.split('\n')) {
    const values: Record<string, string[]> = {};
    for (const [, key, value] of line.matchAll(/\b(src|dst|sport|dport)=(\S+)/g))
      (values[key!] ??= []).push(value!);
    const { src, dst, sport, dport } = values;
    if (src?.length !== 2 || dst?.length !== 2 || sport?.length !== 2 || dport?.length !== 2) continue;
    flows.push({
      source: src[0]!,
      destination: dst[0]!,
      sourcePort: Number(sport[0]),
      destinationPort: Number(dport[0]),
      replySource: src[1]!,
      replySourcePort: Number(sport[1]),
    });
  }
  return flows;
}

/** Flows that go where the service no longer serves, or that began before it did and so go nowhere. */
export function staleFlows(
  flows: readonly Flow[],
  expectations: Expectations,
  nodeAddresses: readonly string[],
): Flow[] {
  const local = new Set(nodeAddresses);
  return flows.filter(flow => {
    const translated = flow.replySource !== flow.destination || flow.replySourcePort !== flow.destinationPort;
    const nodePort = expectations.get(`* ${flow.destinationPort}`);
    const allowed =
      expectations.get(`${flow.destination} ${flow.destinationPort}`) ??
      (local.has(flow.destination) ? nodePort : undefined);
    if (!allowed) return false;
    if (!translated && allowed.size === 0) return false;
    return !allowed.has(`${flow.replySource} ${flow.replySourcePort}`);
  });
}

/** Removes stale UDP flows of a family; gives how many. No cost when there are no expectations. */
export async function removeStaleFlows(
  execute: Execute,
  family: Family,
  expectations: Expectations,
  nodeAddresses: readonly string[],
): Promise<number> {
  if (expectations.size === 0) return 0;
  const listing = await execute('conntrack', ['-L', '-p', 'udp', '-f', family]);
  const stale = staleFlows(parseFlows(listing), expectations, nodeAddresses);
  // One deletion takes all clients' flows of a frontend and endpoint.
  const groups = new Map(
    stale.map(flow => [`${flow.destination} ${flow.destinationPort} ${flow.replySource}`, flow]),
  );
  for (const flow of groups.values()) {
    const { destination, destinationPort, replySource } = flow;
    try {
      await execute('conntrack', [
        ...['-D', '-p', 'udp', '-f', family, '--orig-dst', destination],
        ...['--orig-port-dst', String(destinationPort), '--reply-src', replySource],
      ]);
    } catch (error) {
      // It ends with 1 when the flow has ended by itself meanwhile.
      if (!/0 flow entries/.test((error as { stderr?: string }).stderr ?? '')) throw error;
    }
  }
  return stale.length;
}
