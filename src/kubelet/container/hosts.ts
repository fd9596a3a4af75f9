import type { V1HostAlias } from '../../api/generated/types.ts';

const header = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
fe00::\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

const aliasLines = (aliases: V1HostAlias[]): string =>
  aliases.length === 0
    ? ''
    : `\n# Entries added by HostAliases.\n${aliases
        .map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`)
        .join('')}`;

/** /etc/hosts of a Pod with an address of its own. `domain` is empty for Pods without subdomain. */
export function hostsFile(
  podIPs: string[],
  hostname: string,
  domain: string,
  aliases: V1HostAlias[],
): string {
  const names = domain ? `${hostname}.${domain}\t${hostname}` : hostname;
  return header + podIPs.map(ip => `${ip}\t${names}\n`).join('') + aliasLines(aliases);
}

/** /etc/hosts of a Pod in the node's network. */
export const hostNetworkHostsFile = (nodeHosts: string, aliases: V1HostAlias[]): string =>
  `# Kubernetes-managed hosts file (host network).\n${nodeHosts}${aliasLines(aliases)}`;
