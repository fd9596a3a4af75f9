// The cluster's zone as an authoritative server answers it: the Kubernetes DNS specification 1.1, as coredns' kubernetes plugin does.
import { addressOfReverse, parseIp } from './ip.ts';
import { type Answer, type Question, type Rcode, type ResourceRecord, types } from './message.ts';
import { type ClusterRecords, noPort, type Port } from './records.ts';

/** TTL of all records, in seconds: upstream's default. */
export const recordTtl = 5;
const schemaVersion = '1.1.0';
const schemaTtl = 28800;

export interface Zone {
  records: ClusterRecords;
  /** `cluster.local`. */
  domain: string;
  /** Where the server itself answers. */
  addresses: readonly string[];
  synced(): boolean;
  /** Serial number of the zone. */
  serial(): number;
}

/** What a name stands for: an address with a port, under the name that SRV records point to. */
interface Target {
  address: string;
  port: number;
  name: string;
}

/** A name exists with these targets, or is an alias, or does not exist. */
type Found =
  | { kind: 'targets'; targets: readonly Target[]; several: boolean }
  | { kind: 'alias'; target: string }
  | { kind: 'nothing' };

const nothing: Found = { kind: 'nothing' };
const nodata: Found = { kind: 'targets', targets: [], several: false };

/** An answer, a name to look up in its place, or `elsewhere`: not this zone's affair. */
export type ZoneAnswer = Answer | { alias: ResourceRecord; target: string } | 'elsewhere';

const answer = (rcode: Rcode, more: Partial<Answer> = {}): Answer => ({
  rcode,
  answers: [],
  authorities: [],
  additionals: [],
  authoritative: true,
  variable: false,
  ...more,
});

const soaOf = (zone: Zone): ResourceRecord => ({
  name: zone.domain,
  type: 'SOA',
  ttl: recordTtl,
  primary: `ns.dns.${zone.domain}`,
  mailbox: `hostmaster.${zone.domain}`,
  serial: zone.serial(),
  minimum: recordTtl,
});

/** No such name or no such data, with the SOA that says for how long. */
export const negative = (zone: Zone, rcode: Rcode): Answer => answer(rcode, { authorities: [soaOf(zone)] });

const plain = (label: string): string => (label.startsWith('_') ? label.slice(1) : label);

const portMatches = (port: Port, name: string, protocol: string): boolean =>
  (name === '' || port.name === name) && (protocol === '' || port.protocol === protocol);

function podTargets(zone: Zone, namespace: string, name: string): Found {
  if (!zone.records.hasNamespace(namespace)) return nothing;
  if (name === '') return nodata;
  const isV4 = name.split('-').length === 4 && !name.includes('--');
  const address = name.replaceAll('-', isV4 ? '.' : ':');
  if (!parseIp(address)) return nothing;
  const target = { address, port: 0, name: `${name}.${namespace}.pod.${zone.domain}` };
  return { kind: 'targets', targets: [target], several: false };
}

interface ServiceRequest {
  endpoint: string;
  port: string;
  protocol: string;
}

function endpointTargets(zone: Zone, namespace: string, name: string, request: ServiceRequest): Found {
  const targets: Target[] = [];
  for (const { address, hostname, ports } of zone.records.endpoints(namespace, name)) {
    if (request.endpoint && request.endpoint !== hostname) continue;
    for (const port of ports)
      if (portMatches(port, request.port, request.protocol))
        targets.push({
          address,
          port: port.port,
          name: `${hostname}.${name}.${namespace}.svc.${zone.domain}`,
        });
  }
  return targets.length > 0 ? { kind: 'targets', targets, several: targets.length > 1 } : nothing;
}

function serviceTargets(zone: Zone, namespace: string, name: string, request: ServiceRequest): Found {
  if (!zone.records.hasNamespace(namespace)) return nothing;
  if (name === '') return nodata;
  const service = zone.records.service(namespace, name);
  if (!service) return nothing;
  const { endpoint, port, protocol } = request;
  if (service.externalName !== undefined) {
    if (endpoint || port || protocol || !service.externalName || parseIp(service.externalName))
      return nothing;
    return { kind: 'alias', target: service.externalName };
  }
  if (service.headless || endpoint) return endpointTargets(zone, namespace, name, request);
  const found = service.ports.filter(each => portMatches(each, port, protocol));
  if (found.length === 0) return nothing;
  const full = `${name}.${namespace}.svc.${zone.domain}`;
  const targets = found.flatMap(each =>
    service.clusterIPs.map(address => ({ address, port: each.port, name: full })),
  );
  return { kind: 'targets', targets, several: false };
}

/** `base` is the name without the zone. */
function find(zone: Zone, base: string): Found {
  if (base === 'svc' || base === 'pod') return nodata;
  if (base === 'ns.dns')
    return {
      kind: 'targets',
      several: false,
      targets: zone.addresses.map(address => ({ address, port: 53, name: `ns.dns.${zone.domain}` })),
    };
  const labels = base.split('.').reverse();
  const [type, namespace = '', name = '', third = '', fourth] = labels;
  if (labels.length > 5) return nothing;
  if (type === 'pod') return labels.length > 3 ? nothing : podTargets(zone, namespace, name);
  if (type !== 'svc') return nothing;
  const request =
    fourth === undefined
      ? { endpoint: third, port: '', protocol: '' }
      : { endpoint: '', port: plain(fourth), protocol: plain(third) };
  return serviceTargets(zone, namespace, name, request);
}

function addressRecords(name: string, targets: readonly Target[], type: 'A' | 'AAAA'): ResourceRecord[] {
  const wantsV6 = type === 'AAAA';
  const seen = new Set<string>();
  const list: ResourceRecord[] = [];
  for (const { address } of targets) {
    if (address.includes(':') !== wantsV6 || seen.has(address)) continue;
    seen.add(address);
    list.push({ name, type, ttl: recordTtl, address });
  }
  return list;
}

function serviceRecords(name: string, all: readonly Target[]): Pick<Answer, 'answers' | 'additionals'> {
  const weight = Math.max(1, Math.floor(100 / Math.max(1, all.length)));
  const seen = new Set<string>();
  const answers: ResourceRecord[] = [];
  const additionals: ResourceRecord[] = [];
  const once = (key: string): boolean => !seen.has(key) && seen.add(key) !== undefined;
  for (const { address, port, name: target } of all) {
    if (port === noPort) continue;
    if (once(`${target} ${port}`))
      answers.push({ name, type: 'SRV', ttl: recordTtl, priority: 0, weight, port, target });
    const type = address.includes(':') ? 'AAAA' : 'A';
    if (once(`${target} ${address}`)) additionals.push({ name: target, type, ttl: recordTtl, address });
  }
  return { answers, additionals };
}

function atApex(zone: Zone, type: number): Answer {
  if (type === types.SOA) return answer('NOERROR', { answers: [soaOf(zone)] });
  if (type !== types.NS) return negative(zone, 'NOERROR');
  const own = zone.addresses.map(address => {
    const service = zone.records.serviceAt(address);
    const name = service ? `${service.name}.${service.namespace}.svc` : 'ns.dns';
    return { address, target: `${name}.${zone.domain}` };
  });
  return answer('NOERROR', {
    answers: [...new Set(own.map(each => each.target))].map(target => ({
      name: zone.domain,
      type: 'NS',
      ttl: recordTtl,
      target,
    })),
    additionals: own.map(({ address, target }) => ({
      name: target,
      type: address.includes(':') ? 'AAAA' : 'A',
      ttl: recordTtl,
      address,
    })),
  });
}

function records(
  zone: Zone,
  { name, type }: Question,
  found: Exclude<Found, { kind: 'nothing' }>,
): ZoneAnswer {
  const made = (part: Partial<Answer>): Answer =>
    part.answers?.length ? answer('NOERROR', part) : negative(zone, 'NOERROR');
  if (found.kind === 'alias') {
    const alias: ResourceRecord = { name, type: 'CNAME', ttl: recordTtl, target: found.target };
    if (type === types.CNAME) return made({ answers: [alias] });
    const followed = type === types.A || type === types.AAAA;
    return followed ? { alias, target: found.target } : negative(zone, 'NOERROR');
  }
  const { targets, several } = found;
  switch (type) {
    case types.A:
      return made({ answers: addressRecords(name, targets, 'A'), variable: several });
    case types.AAAA:
      return made({ answers: addressRecords(name, targets, 'AAAA'), variable: several });
    case types.SRV:
      return made({ ...serviceRecords(name, targets), variable: several });
    default:
      return negative(zone, 'NOERROR');
  }
}

function reverse(zone: Zone, { name, type }: Question): ZoneAnswer {
  const ip = addressOfReverse(name);
  if (ip === undefined || type !== types.PTR) return 'elsewhere';
  const service = zone.records.serviceAt(ip);
  const hosts = service
    ? [`${service.name}.${service.namespace}`]
    : zone.records.endpointsAt(ip).map(({ hostname, service: key }) => {
        const slash = key.indexOf('/');
        return `${hostname}.${key.slice(slash + 1)}.${key.slice(0, slash)}`;
      });
  if (hosts.length === 0) return 'elsewhere';
  const answers = [...new Set(hosts)].map(
    (host): ResourceRecord => ({
      name,
      type: 'PTR',
      ttl: recordTtl,
      target: `${host}.svc.${zone.domain}`,
    }),
  );
  return answer('NOERROR', { answers });
}

/** True for names that only this server may answer. */
export const isInZone = (zone: Zone, name: string): boolean =>
  name === zone.domain || name.endsWith(`.${zone.domain}`);

/** Pure but for what `zone` holds. */
export function answerFromZone(zone: Zone, question: Question): ZoneAnswer {
  const { name, type } = question;
  if (!isInZone(zone, name)) return name.endsWith('.arpa') ? reverse(zone, question) : 'elsewhere';
  if (type === types.AXFR || type === types.IXFR) return answer('REFUSED', { authoritative: false });
  if (name === zone.domain) return atApex(zone, type);
  const base = name.slice(0, -zone.domain.length - 1);
  if (base === 'dns-version' && type === types.TXT)
    return answer('NOERROR', {
      answers: [{ name, type: 'TXT', ttl: schemaTtl, text: schemaVersion }],
    });
  if (base === 'dns-version') return negative(zone, zone.synced() ? 'NXDOMAIN' : 'SERVFAIL');
  const found = find(zone, base);
  if (found.kind === 'nothing') return negative(zone, zone.synced() ? 'NXDOMAIN' : 'SERVFAIL');
  return records(zone, question, found);
}
