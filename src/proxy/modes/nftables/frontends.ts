// ServicePort -> frontends: each a key that packets match in a lane, with the endpoints behind it.
import { anyCovers } from '../../model/addresses.ts';
import type { Endpoint, ServicePort } from '../../model/types.ts';
import type { ModeSettings } from '../mode.ts';
import type { LaneName } from './words.ts';

export interface Frontend {
  readonly lane: LaneName;
  /** The lane's key as nft text. */
  readonly key: string;
  readonly endpoints: readonly Endpoint[];
  /** Seconds; 0: none. */
  readonly affinity: number;
  /** With no endpoint here: dropped when others have one, refused otherwise. */
  readonly anywhere: boolean;
  /** Whose sources are hidden from the endpoint: everyone's, or the node's own processes'. */
  readonly masquerade?: 'all' | 'host';
  /** The address for the set that it belongs to. */
  readonly clusterIP?: string;
  readonly externalIP?: string;
  /** Only these sources may come; empty means all. */
  readonly sources: readonly string[];
}

/** An outward address under its policy; Local also gives the in-cluster view, where all endpoints count. */
function outward(
  port: ServicePort,
  lane: 'vip' | 'port',
  key: string,
  extra: { externalIP?: string; sources: readonly string[] },
): Frontend[] {
  const base = { key, affinity: port.affinitySeconds, anywhere: port.anywhere, ...extra };
  if (!port.externalLocal) return [{ ...base, lane, endpoints: port.cluster, masquerade: 'all' }];
  const outer: Frontend = { ...base, lane, endpoints: port.local };
  if (port.cluster.length === 0) return [outer];
  return [outer, { ...base, lane: `${lane}-in`, endpoints: port.cluster, masquerade: 'host', sources: [] }];
}

/** A balancer's address may be bound on the node, so who lets the node in must let in what comes from that address. */
const sourcesOf = (port: ServicePort, address: string, nodeIPs: readonly string[]): readonly string[] =>
  port.sourceRanges.length > 0 && nodeIPs.some(ip => anyCovers(port.sourceRanges, ip))
    ? [...port.sourceRanges, ...(anyCovers(port.sourceRanges, address) ? [] : [address])]
    : port.sourceRanges;

/** All frontends of one port, in order of precedence where one Service names a key twice. */
export function frontendsOf(port: ServicePort, settings: ModeSettings): Frontend[] {
  const protocol = port.protocol.toLowerCase();
  const vipKey = (address: string): string => `${address} . ${protocol} . ${port.port}`;
  const list: Frontend[] = [
    {
      lane: 'vip',
      key: vipKey(port.clusterIP),
      endpoints: port.internalLocal ? port.local : port.cluster,
      affinity: port.affinitySeconds,
      anywhere: port.anywhere,
      clusterIP: port.clusterIP,
      sources: [],
    },
  ];
  for (const address of port.balancerIPs)
    list.push(
      ...outward(port, 'vip', vipKey(address), {
        externalIP: address,
        sources: sourcesOf(port, address, settings.nodePortRanges),
      }),
    );
  for (const address of port.externalIPs)
    list.push(...outward(port, 'vip', vipKey(address), { externalIP: address, sources: [] }));
  if (port.nodePort > 0)
    list.push(...outward(port, 'port', `${protocol} . ${port.nodePort}`, { sources: [] }));
  return list;
}
