// What the cluster's names are made of, kept as objects come and go; nothing is searched for when a query comes.
import type { V1EndpointSlice, V1Service } from '../api/generated/types.ts';
import { canonicalIp } from './ip.ts';

export interface Port {
  /** Lower case; empty for a port without name. */
  name: string;
  protocol: string;
  port: number;
}

export interface ServiceRecord {
  namespace: string;
  name: string;
  headless: boolean;
  /** Lower case; undefined but for ExternalName. */
  externalName: string | undefined;
  clusterIPs: readonly string[];
  ports: readonly Port[];
}

export interface EndpointRecord {
  address: string;
  /** The pod's hostname, or its address with dashes. */
  hostname: string;
  ports: readonly Port[];
}

interface SliceRecord {
  service: string;
  endpoints: EndpointRecord[];
}

const noEndpoints: readonly EndpointRecord[] = [];
/** A slice without ports has addresses nevertheless; no SRV record names this port. */
export const noPort = -1;

/** `10-244-0-5` for an endpoint without hostname. */
export function dashed(address: string): string {
  const text = address.replaceAll(/[.:]/g, '-');
  return text.endsWith('-') ? `${text}0` : text;
}

const portOf = ({ name, protocol, port }: { name?: string; protocol?: string; port?: number }): Port => ({
  name: (name ?? '').toLowerCase(),
  protocol: (protocol ?? 'TCP').toLowerCase(),
  port: port ?? noPort,
});

function serviceRecord(service: V1Service): ServiceRecord {
  const { type, clusterIP = '', clusterIPs, externalName, ports } = service.spec ?? {};
  const headless = clusterIP === 'None';
  return {
    namespace: service.metadata?.namespace ?? '',
    name: service.metadata?.name ?? '',
    headless,
    externalName: type === 'ExternalName' ? (externalName ?? '').toLowerCase().replace(/\.$/, '') : undefined,
    clusterIPs: headless ? [] : (clusterIPs ?? (clusterIP ? [clusterIP] : [])),
    ports: (ports ?? []).map(portOf),
  };
}

function sliceRecord(slice: V1EndpointSlice, service: string): SliceRecord {
  const ports = (slice.ports ?? []).map(portOf);
  const shown = ports.length > 0 ? ports : [{ name: '', protocol: '', port: noPort }];
  const endpoints = (slice.endpoints ?? [])
    .filter(endpoint => endpoint.conditions?.ready !== false)
    .flatMap(({ addresses, hostname }) =>
      addresses.map(address => ({
        address,
        hostname: (hostname || dashed(address)).toLowerCase(),
        ports: shown,
      })),
    );
  return { service, endpoints };
}

const serviceLabel = 'kubernetes.io/service-name';

/** Several values a key; empty keys go. */
class Index<V> {
  readonly #values = new Map<string, Set<V>>();
  add(key: string, value: V): void {
    const values = this.#values.get(key);
    if (values) values.add(value);
    else this.#values.set(key, new Set([value]));
  }
  delete(key: string, value: V): void {
    const values = this.#values.get(key);
    if (values?.delete(value) && values.size === 0) this.#values.delete(key);
  }
  get(key: string): ReadonlySet<V> | undefined {
    return this.#values.get(key);
  }
}

export class ClusterRecords {
  readonly #namespaces = new Set<string>();
  readonly #services = new Map<string, ServiceRecord>();
  readonly #slices = new Map<string, SliceRecord>();
  readonly #slicesOf = new Index<SliceRecord>();
  /** Endpoints of a service, from all its slices; made when first asked for. */
  readonly #endpoints = new Map<string, readonly EndpointRecord[]>();
  readonly #serviceOfIp = new Index<ServiceRecord>();
  readonly #sliceOfIp = new Index<SliceRecord>();
  /** Grows with every change of a record: what was made from older ones is stale. */
  generation = 0;

  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name);
  }
  setNamespace(name: string, present: boolean): void {
    if (present) this.#namespaces.add(name);
    else this.#namespaces.delete(name);
    this.generation++;
  }

  service(namespace: string, name: string): ServiceRecord | undefined {
    return this.#services.get(`${namespace}/${name}`);
  }

  setService(key: string, service: V1Service | undefined): void {
    const old = this.#services.get(key);
    if (old) for (const ip of old.clusterIPs) this.#serviceOfIp.delete(canonicalIp(ip), old);
    this.#services.delete(key);
    this.generation++;
    if (!service) return;
    const record = serviceRecord(service);
    this.#services.set(key, record);
    for (const ip of record.clusterIPs) this.#serviceOfIp.add(canonicalIp(ip), record);
  }

  setSlice(key: string, slice: V1EndpointSlice | undefined): void {
    const old = this.#slices.get(key);
    if (old) this.#forget(key, old);
    const name = slice?.metadata?.labels?.[serviceLabel];
    if (!slice || !name) return;
    const service = `${slice.metadata?.namespace ?? ''}/${name}`;
    const record = sliceRecord(slice, service);
    this.#slices.set(key, record);
    this.#slicesOf.add(service, record);
    for (const { address } of record.endpoints) this.#sliceOfIp.add(canonicalIp(address), record);
    this.#endpoints.delete(service);
    this.generation++;
  }

  #forget(key: string, record: SliceRecord): void {
    this.#slices.delete(key);
    this.#slicesOf.delete(record.service, record);
    for (const { address } of record.endpoints) this.#sliceOfIp.delete(canonicalIp(address), record);
    this.#endpoints.delete(record.service);
    this.generation++;
  }

  /** The ready endpoints of a service; one that several slices hold is there once for each. */
  endpoints(namespace: string, name: string): readonly EndpointRecord[] {
    const key = `${namespace}/${name}`;
    const known = this.#endpoints.get(key);
    if (known) return known;
    const slices = this.#slicesOf.get(key);
    if (!slices) return noEndpoints;
    const made = [...slices].flatMap(slice => slice.endpoints);
    this.#endpoints.set(key, made);
    return made;
  }

  /** The service whose virtual IP this (canonical) address is. */
  serviceAt(ip: string): ServiceRecord | undefined {
    for (const service of this.#serviceOfIp.get(ip) ?? []) return service;
    return undefined;
  }

  /** Where this (canonical) address is an endpoint: hostname and service (`namespace/name`). */
  endpointsAt(ip: string): { hostname: string; service: string }[] {
    const found: { hostname: string; service: string }[] = [];
    for (const { endpoints, service } of this.#sliceOfIp.get(ip) ?? [])
      for (const { address, hostname } of endpoints)
        if (canonicalIp(address) === ip) found.push({ hostname, service });
    return found;
  }
}
