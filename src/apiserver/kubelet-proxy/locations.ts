// Where exec, attach, port-forward, logs and proxies go: from names to addresses (upstream's pkg/registry/core/{pod,node,service}).

import { nodes, pods, services } from '../../api/generated/resources/core.v1.ts';
import { endpointslices } from '../../api/generated/resources/discovery.k8s.io.v1.ts';
import type { V1EndpointSlice, V1Node, V1Pod, V1Service } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import { type Random, randomInt } from '../../machinery/random.ts';
import { StatusError } from '../../machinery/status-error.ts';
import { badRequest, internalError } from '../../machinery/status-errors.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { containerOf } from './containers.ts';
import type { Target } from './transport.ts';

const kubeletPort = 10250;

/** Upstream's --kubelet-preferred-address-types. */
const addressTypes = ['InternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS', 'ExternalIP'];

/** Address and port of a node's kubelet. */
export function kubeletOf(node: V1Node): Pick<Target, 'host' | 'port'> {
  const addresses = node.status?.addresses ?? [];
  for (const type of addressTypes) {
    const found = addresses.find(address => address.type === type);
    if (found)
      return {
        host: found.address,
        port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port || kubeletPort,
      };
  }
  throw internalError(`no preferred addresses found; known addresses: []`);
}

const part = encodeURIComponent;

/** Names of a kubelet's parameters for those of the API (upstream's streamParams). */
const streams: readonly [string, string][] = [
  ['stdin', 'input'],
  ['stdout', 'output'],
  ['stderr', 'error'],
  ['tty', 'tty'],
];
const logParameters = [
  'follow',
  'previous',
  'sinceSeconds',
  'sinceTime',
  'timestamps',
  'tailLines',
  'limitBytes',
  'stream',
];
const isTrue = (value: string | null): boolean => value !== null && !['', 'false', '0'].includes(value);

function queryOf(info: RequestInfo, query: URLSearchParams): string {
  const result = new URLSearchParams();
  if (info.subresource === 'log') {
    for (const name of logParameters) {
      const value = query.get(name);
      if (value) result.set(name, value);
    }
  } else if (info.subresource === 'portforward') {
    for (const value of query.getAll('ports'))
      for (const port of value.split(',')) result.append('port', port);
  } else {
    for (const [from, to] of streams) if (isTrue(query.get(from))) result.set(to, '1');
    for (const command of query.getAll('command')) result.append('command', command);
  }
  const text = result.toString();
  return text ? `?${text}` : '';
}

const actions: Readonly<Record<string, string>> = {
  exec: 'exec',
  attach: 'attach',
  portforward: 'portForward',
  log: 'containerLogs',
};

/** The kubelet's place for a pod's subresource; `undefined` for the log of a pod that has no node yet. */
export async function podTarget(
  client: Client,
  info: RequestInfo,
  query: URLSearchParams,
): Promise<Target | undefined> {
  const { namespace, name, subresource } = info;
  const pod = (await client.get(pods, name, namespace)) as V1Pod;
  const container = subresource === 'portforward' ? '' : `/${part(containerOf(pod, query.get('container')))}`;
  const nodeName = pod.spec?.nodeName;
  if (!nodeName) {
    if (subresource === 'log') return undefined;
    throw badRequest(`pod ${name} does not have a host assigned`);
  }
  const kubelet = kubeletOf(await client.get(nodes, nodeName));
  const path = `/${actions[subresource]}/${part(namespace)}/${part(name)}${container}${queryOf(info, query)}`;
  return { scheme: 'kubelet', ...kubelet, path };
}

interface Named {
  scheme: 'http' | 'https';
  name: string;
  port: string;
}

/** `[scheme:]name[:port]`. */
function split(text: string): Named {
  const parts = text.split(':');
  const scheme =
    parts.length === 3 || (parts.length === 2 && /^https?$/.test(parts[0]!)) ? parts.shift()! : '';
  const [name = '', port = ''] = parts;
  if ((scheme && !/^https?$/.test(scheme)) || !name) throw badRequest(`invalid proxy request "${text}"`);
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

async function serviceTarget(
  client: Client,
  random: Random,
  namespace: string,
  { scheme, name, port }: Named,
) {
  const service = (await client.get(services, name, namespace)) as V1Service;
  const ports = service.spec?.ports ?? [];
  const wanted = port
    ? ports.find(each => each.name === port || String(each.port) === port)
    : ports.length === 1
      ? ports[0]
      : ports.find(each => !each.name);
  if (!wanted)
    throw new StatusError('ServiceUnavailable', `no service port "${port}" found for service "${name}"`);
  const slices = await client.list(endpointslices, {
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const found = slices.items.flatMap((slice: V1EndpointSlice) => {
    const number = slice.ports?.find(each => (each.name ?? '') === (wanted.name ?? ''))?.port;
    if (number === undefined) return [];
    const ready = (slice.endpoints ?? []).filter(endpoint => endpoint.conditions?.ready !== false);
    return ready.flatMap(endpoint => endpoint.addresses.map(host => ({ host, port: number })));
  });
  if (found.length === 0)
    throw new StatusError('ServiceUnavailable', `no endpoints available for service "${name}"`);
  return { scheme, ...found[randomInt(random, found.length)]! };
}

/** Where `…/proxy/…` of a node, a pod or a service goes. */
export async function proxyTarget(
  client: Client,
  random: Random,
  info: RequestInfo,
  search: string,
): Promise<Target> {
  const marker = '/proxy';
  const at = info.path.indexOf(marker, info.path.indexOf(`/${info.resource}/`));
  const path = (info.path.slice(at + marker.length) || '/') + search;
  const named = split(info.name);
  if (info.resource === 'nodes') {
    const node = await client.get(nodes, named.name);
    const kubelet = kubeletOf(node);
    if (!named.port || Number(named.port) === kubelet.port) return { scheme: 'kubelet', ...kubelet, path };
    return { scheme: named.scheme, host: kubelet.host, port: Number(named.port), path };
  }
  if (info.resource === 'services') {
    return { ...(await serviceTarget(client, random, info.namespace, named)), path };
  }
  const pod = (await client.get(pods, named.name, info.namespace)) as V1Pod;
  const port =
    named.port || pod.spec?.containers.flatMap(container => container.ports ?? [])[0]?.containerPort;
  const host = pod.status?.podIP;
  if (!host) throw badRequest('address not allowed');
  return { scheme: named.scheme, host, port: Number(port ?? 80), path };
}
