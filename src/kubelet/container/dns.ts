import type { V1Pod } from '../../api/generated/types.ts';
import type { DnsSettings } from '../runtime.ts';
import { isHostNetwork } from '../spec.ts';

export interface DnsInput {
  clusterDns: string[];
  clusterDomain: string;
  /** Of the node's resolv.conf. */
  host: DnsSettings;
}

/** The directives of a resolv.conf; what is not understood is left out. */
export function parseResolvConf(text: string): DnsSettings {
  const settings: DnsSettings = { servers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [directive, ...values] = line.trim().split(/\s+/);
    if (directive === 'nameserver' && values[0]) settings.servers.push(values[0]);
    else if (directive === 'search') settings.searches = values.map(value => value.replace(/(.)\.$/, '$1'));
    else if (directive === 'options') settings.options = values;
  }
  return settings;
}

const unique = (list: string[]): string[] => [...new Set(list)];

/** A Pod's resolv.conf by its dnsPolicy and dnsConfig (upstream: pkg/kubelet/network/dns/dns.go). */
export function podDns(pod: V1Pod, { clusterDns, clusterDomain, host }: DnsInput): DnsSettings {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst';
  const inCluster =
    policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !isHostNetwork(pod));
  let settings: DnsSettings;
  if (policy === 'None') settings = { servers: [], searches: [], options: [] };
  else if (inCluster && clusterDns.length > 0) {
    const own = clusterDomain
      ? [`${pod.metadata?.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain]
      : [];
    settings = {
      servers: clusterDns,
      searches: unique([...own, ...host.searches]),
      options: ['ndots:5'],
    };
  } else settings = host;
  const extra = pod.spec?.dnsConfig;
  if (extra) {
    const options = new Map(settings.options.map(option => [option.split(':')[0]!, option]));
    for (const { name, value } of extra.options ?? [])
      if (name) options.set(name, value === undefined || value === '' ? name : `${name}:${value}`);
    settings = {
      servers: unique([...settings.servers, ...(extra.nameservers ?? [])]),
      searches: unique([...settings.searches, ...(extra.searches ?? [])]),
      options: [...options.values()],
    };
  }
  return { ...settings, servers: settings.servers.slice(0, 3), searches: settings.searches.slice(0, 32) };
}
