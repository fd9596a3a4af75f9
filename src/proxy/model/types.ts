// What should be reachable, as plain data: the contract between the model and the modes.

export type Family = 'ipv4' | 'ipv6';
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** One address and port that connections may be sent to. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** Runs on this node. */
  readonly local: boolean;
}

/** Facts of an endpoint as its slice tells them; nil conditions are resolved (upstream: pkg/proxy/endpointslicecache.go). */
export interface EndpointFacts extends Endpoint {
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/**
 * One port of one Service in one family, with the endpoints that this node may use.
 * Endpoint lists are sorted by address and port, so equal input gives equal rules.
 */
export interface ServicePort {
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** The port's name; empty for an unnamed one. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly clusterIP: string;
  /** 0: none. */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  /** Balancer addresses that this node answers for: `ipMode: Proxy` ones are not here. */
  readonly balancerIPs: readonly string[];
  /** CIDRs that may reach `balancerIPs`; empty means everyone. */
  readonly sourceRanges: readonly string[];
  /** Seconds of ClientIP affinity; 0: none. */
  readonly affinitySeconds: number;
  /** Whether the cluster IP (internal) or the outward addresses (external) use `local` endpoints only. */
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  /** Usable endpoints under the Cluster and the Local policy (upstream: pkg/proxy/topology.go). */
  readonly cluster: readonly Endpoint[];
  readonly local: readonly Endpoint[];
  /** False: nobody in the cluster serves this port, so it is refused rather than dropped. */
  readonly anywhere: boolean;
  /** `address port` of every serving endpoint: where an existing UDP flow may go on to. Empty for other protocols. */
  readonly serving: readonly string[];
}

/** What a balancer asks a node about a Service with external policy Local. */
export interface HealthCheck {
  readonly service: string;
  readonly port: number;
  readonly localEndpoints: number;
}

/** What the proxy knows about its own node. */
export interface NodeFacts {
  readonly name: string;
  readonly zone: string;
  /** InternalIPs, then ExternalIPs, as the Node lists them. */
  readonly addresses: readonly string[];
  readonly podCIDRs: readonly string[];
  /** False while the node is being removed: balancers should go elsewhere. */
  readonly eligible: boolean;
}

/** One service's ports before and after; both empty lists are allowed. */
export interface ServiceChange {
  readonly service: string;
  readonly before: readonly ServicePort[];
  readonly after: readonly ServicePort[];
}
