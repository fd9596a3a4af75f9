// How many connections are tracked and for how long (upstream: cmd/kube-proxy/app/conntrack.go, defaults of KubeProxyConfiguration).

/** Values by sysctl name. Reads give undefined where there is no such sysctl. Real: sysctls.node.ts. */
export interface Sysctls {
  read(name: string): Promise<string | undefined>;
  write(name: string, value: number): Promise<void>;
}

const prefix = 'net.netfilter.nf_conntrack_';
const maxPerCore = 32_768;
const leastMax = 131_072;

/** What upstream's defaults want on a machine with so many cores. The maximum is only ever raised. */
const wanted = (cores: number): { name: string; value: number; atLeast?: true }[] => [
  { name: `${prefix}max`, value: Math.max(leastMax, maxPerCore * cores), atLeast: true },
  { name: `${prefix}tcp_timeout_established`, value: 86_400 },
  { name: `${prefix}tcp_timeout_close_wait`, value: 3_600 },
];

/**
 * Writes what differs. A network namespace may not raise the machine's maximum, and in a container /proc may be read-only:
 * `refused` is told and nothing else happens.
 */
export async function setConntrackSysctls(
  sysctls: Sysctls,
  cores: number,
  refused: (name: string, error: unknown) => void,
): Promise<void> {
  for (const { name, value, atLeast } of wanted(cores)) {
    try {
      const current = Number(await sysctls.read(name));
      if (Number.isNaN(current) || current === value || (atLeast && current > value)) continue;
      await sysctls.write(name, value);
    } catch (error) {
      refused(name, error);
    }
  }
}
