import type { V1Service } from '../../api/generated/types.ts';

const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_');

/** Variables that tell one Service: its own, and the ones that Docker's links had (upstream: pkg/kubelet/envvars). */
export function serviceVariables(service: V1Service): [string, string][] {
  const { clusterIP, ports = [] } = service.spec ?? {};
  const first = ports[0];
  if (!clusterIP || clusterIP === 'None' || !first) return [];
  const prefix = upper(service.metadata?.name ?? '');
  const host = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
  const protocolOf = (port: { protocol?: string }): string => (port.protocol ?? 'TCP').toLowerCase();
  const url = (port: { protocol?: string; port: number }): string =>
    `${protocolOf(port)}://${host}:${port.port}`;
  const variables: [string, string][] = [
    [`${prefix}_SERVICE_HOST`, clusterIP],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
  ];
  for (const port of ports)
    if (port.name) variables.push([`${prefix}_SERVICE_PORT_${upper(port.name)}`, String(port.port)]);
  variables.push([`${prefix}_PORT`, url(first)]);
  for (const port of ports) {
    const link = `${prefix}_PORT_${port.port}_${protocolOf(port).toUpperCase()}`;
    variables.push(
      [link, url(port)],
      [`${link}_PROTO`, protocolOf(port)],
      [`${link}_PORT`, String(port.port)],
      [`${link}_ADDR`, clusterIP],
    );
  }
  return variables;
}

/** Services of the Pod's namespace and default/kubernetes; with `links` false only the latter. */
export function serviceEnvironment(
  services: V1Service[],
  namespace: string,
  links: boolean,
): Map<string, string> {
  const variables = new Map<string, string>();
  const add = (service: V1Service): void => {
    for (const [name, value] of serviceVariables(service)) variables.set(name, value);
  };
  const isMaster = ({ metadata }: V1Service): boolean =>
    metadata?.namespace === 'default' && metadata.name === 'kubernetes';
  services.filter(isMaster).forEach(add);
  if (links) services.filter(service => service.metadata?.namespace === namespace).forEach(add);
  return variables;
}
