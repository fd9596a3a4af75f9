// EndpointSlices -> the endpoints of one service port (upstream: pkg/proxy/endpointslicecache.go).
import type { V1Endpoint, V1EndpointSlice } from '../../api/generated/types.ts';
import type { EndpointFacts, Family, Protocol } from './types.ts';

/** The API server has checked them; this only keeps anything else from getting into a rule. */
const addressShape: Record<Family, RegExp> = { ipv4: /^[0-9.]+$/, ipv6: /^[0-9a-fA-F:.]+$/ };

const factsOf = (endpoint: V1Endpoint, address: string, port: number, nodeName: string): EndpointFacts => {
  const { ready, serving, terminating } = endpoint.conditions ?? {};
  return {
    address,
    port,
    local: endpoint.nodeName === nodeName,
    ready: ready !== false,
    serving: serving !== false,
    terminating: terminating === true,
    zoneHints: endpoint.hints?.forZones?.map(zone => zone.name) ?? [],
    nodeHints: endpoint.hints?.forNodes?.map(node => node.name) ?? [],
  };
};

/** While a pod moves between slices it is in two of them: the more usable word counts. */
const merge = (a: EndpointFacts, b: EndpointFacts): EndpointFacts => {
  const better = rank(a) >= rank(b) ? a : b;
  return better.local === (a.local || b.local) ? better : { ...better, local: true };
};

const rank = (facts: EndpointFacts): number => (facts.ready ? 2 : facts.serving ? 1 : 0);

const byAddress = (a: EndpointFacts, b: EndpointFacts): number =>
  a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port;

/** All endpoints of one service port in one family, merged across slices and sorted; each address and port once. */
export function endpointsOf(
  slices: readonly V1EndpointSlice[],
  port: { name: string; protocol: Protocol },
  family: Family,
  nodeName: string,
): EndpointFacts[] {
  const addressType = family === 'ipv4' ? 'IPv4' : 'IPv6';
  const found = new Map<string, EndpointFacts>();
  for (const slice of slices) {
    if (slice.addressType !== addressType) continue;
    const slicePort = slice.ports?.find(
      candidate => (candidate.name ?? '') === port.name && (candidate.protocol ?? 'TCP') === port.protocol,
    );
    if (!slicePort?.port) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const address = endpoint.addresses[0];
      if (!address || !addressShape[family].test(address)) continue;
      const facts = factsOf(endpoint, address, slicePort.port, nodeName);
      const key = `${address} ${slicePort.port}`;
      const known = found.get(key);
      found.set(key, known ? merge(known, facts) : facts);
    }
  }
  return [...found.values()].sort(byAddress);
}
