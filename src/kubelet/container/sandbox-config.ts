import type { V1Pod, V1SeccompProfile } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { podLabels } from '../labels.ts';
import type { NamespaceOptions, PortMapping, SandboxConfig, SecurityProfile } from '../runtime.ts';
import { allContainers, isHostNetwork, isSidecar } from '../spec.ts';
import { type DnsInput, podDns } from './dns.ts';

export interface SandboxInput {
  cgroupParent: string;
  logDirectory: string;
  dns: DnsInput;
}

/** The directory with a Pod's logs, as /var/log/pods has it. */
export const podLogDirectory = (logDirectory: string, pod: Stored<V1Pod>): string =>
  `${logDirectory}/${pod.metadata.namespace}_${pod.metadata.name}_${pod.metadata.uid}`;

export const podCgroup = (cgroupParent: string, uid: string): string => `${cgroupParent}/pod${uid}`;

const maxHostname = 63;

/** A Pod's host name and, with a subdomain, its domain inside the cluster. */
export function podHostname(pod: V1Pod, clusterDomain: string): { hostname: string; domain: string } {
  const { hostname, hostnameOverride, subdomain } = pod.spec ?? {};
  if (hostnameOverride) return { hostname: hostnameOverride, domain: '' };
  const name = (hostname || pod.metadata?.name || '').slice(0, maxHostname).replace(/[-.]+$/, '');
  return {
    hostname: name,
    domain: subdomain ? `${subdomain}.${pod.metadata?.namespace}.svc.${clusterDomain}` : '',
  };
}

export const seccompOf = (profile: V1SeccompProfile | undefined): SecurityProfile => ({
  type: (profile?.type ?? 'Unconfined') as SecurityProfile['type'],
  ...(profile?.localhostProfile ? { localhostRef: profile.localhostProfile } : {}),
});

export function namespacesOf(pod: V1Pod): NamespaceOptions {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec ?? {};
  return {
    network: hostNetwork ? 'node' : 'pod',
    pid: hostPID ? 'node' : shareProcessNamespace ? 'pod' : 'container',
    ipc: hostIPC ? 'node' : 'pod',
  };
}

function portMappings(pod: V1Pod): PortMapping[] {
  if (isHostNetwork(pod)) return [];
  const running = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []).filter(isSidecar)];
  return running
    .flatMap(container => container.ports ?? [])
    .filter(port => port.hostPort)
    .map(port => ({
      protocol: (port.protocol ?? 'TCP') as PortMapping['protocol'],
      containerPort: port.containerPort,
      hostPort: port.hostPort!,
      hostIp: port.hostIP ?? '',
    }));
}

export function sandboxConfig(pod: Stored<V1Pod>, attempt: number, input: SandboxInput): SandboxConfig {
  const security = pod.spec?.securityContext;
  const groups = [...(security?.supplementalGroups ?? [])];
  if (security?.fsGroup !== undefined) groups.push(security.fsGroup);
  const { hostname } = podHostname(pod, input.dns.clusterDomain);
  return {
    name: pod.metadata.name,
    namespace: pod.metadata.namespace ?? '',
    uid: pod.metadata.uid,
    attempt,
    // In the node's network the node's own name is seen: nothing is to be set.
    hostname: isHostNetwork(pod) ? '' : hostname,
    logDirectory: podLogDirectory(input.logDirectory, pod),
    dns: podDns(pod, input.dns),
    portMappings: portMappings(pod),
    labels: podLabels(pod),
    annotations: { ...pod.metadata.annotations },
    cgroupParent: podCgroup(input.cgroupParent, pod.metadata.uid),
    namespaces: namespacesOf(pod),
    privileged: allContainers(pod).some(container => container.securityContext?.privileged),
    ...(security?.runAsUser !== undefined ? { runAsUser: security.runAsUser } : {}),
    ...(security?.runAsGroup !== undefined && security.runAsUser !== undefined
      ? { runAsGroup: security.runAsGroup }
      : {}),
    supplementalGroups: groups,
    seccomp: { type: 'RuntimeDefault' },
    sysctls: Object.fromEntries((security?.sysctls ?? []).map(({ name, value }) => [name, value])),
  };
}
