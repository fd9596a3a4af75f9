// Which of a port's endpoints this node may use (upstream: pkg/proxy/topology.go, KEP-1669, KEP-2433, KEP-3015).
import type { EndpointFacts, NodeFacts } from './types.ts';

/** Ready ones; if there are none, those that still serve while they terminate. */
const usable = (endpoints: readonly EndpointFacts[]): EndpointFacts[] => {
  const ready = endpoints.filter(endpoint => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter(endpoint => endpoint.serving && endpoint.terminating);
};

/** A kind of hint applies when every ready endpoint has one and at least one of them means us. */
const hinted = (
  ready: readonly EndpointFacts[],
  hintsOf: (endpoint: EndpointFacts) => readonly string[],
  us: string,
): EndpointFacts[] | undefined => {
  if (us === '' || !ready.every(endpoint => hintsOf(endpoint).length > 0)) return;
  const ours = ready.filter(endpoint => hintsOf(endpoint).includes(us));
  return ours.length > 0 ? ours : undefined;
};

/** Endpoints under the Cluster policy: node hints win over zone hints, and without either all usable ones. */
export function clusterEndpoints(endpoints: readonly EndpointFacts[], node: NodeFacts): EndpointFacts[] {
  const ready = endpoints.filter(endpoint => endpoint.ready);
  if (ready.length === 0) return usable(endpoints);
  return (
    hinted(ready, endpoint => endpoint.nodeHints, node.name) ??
    hinted(ready, endpoint => endpoint.zoneHints, node.zone) ??
    ready
  );
}

/** Endpoints under the Local policy: hints play no part, and the terminating fallback is this node's own. */
export const localEndpoints = (endpoints: readonly EndpointFacts[]): EndpointFacts[] =>
  usable(endpoints.filter(endpoint => endpoint.local));

/** Whether any node could serve this port. */
export const servedAnywhere = (endpoints: readonly EndpointFacts[]): boolean => usable(endpoints).length > 0;
