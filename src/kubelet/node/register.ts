import { nodes } from '../../api/generated/resources/core.v1.ts';
import type { V1Node } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { Stored } from '../../machinery/object.ts';
import { isAlreadyExists } from '../../machinery/status-error.ts';
import type { KubeletOptions, MachineFacts } from '../options.ts';

/** Labels that every node has. */
export const nodeLabels = (options: KubeletOptions, facts: MachineFacts): Record<string, string> => ({
  'beta.kubernetes.io/arch': facts.architecture,
  'beta.kubernetes.io/os': facts.operatingSystem,
  'kubernetes.io/arch': facts.architecture,
  'kubernetes.io/hostname': options.hostname,
  'kubernetes.io/os': facts.operatingSystem,
  ...options.labels,
});

/** Makes the Node, or gives a Node that is there the labels that are ours to set. `status` is used for a new one. */
export async function registerNode(
  client: Client,
  options: KubeletOptions,
  facts: MachineFacts,
  status: V1Node['status'],
): Promise<Stored<V1Node>> {
  const labels = nodeLabels(options, facts);
  const [podCIDR] = options.podCidrs ?? [];
  const node: V1Node = {
    metadata: {
      name: options.nodeName,
      labels,
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      ...(options.taints?.length ? { taints: options.taints } : {}),
      ...(podCIDR ? { podCIDR, podCIDRs: options.podCidrs! } : {}),
    },
    ...(status ? { status } : {}),
  };
  try {
    return await client.create(nodes, node);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const present = await client.get(nodes, options.nodeName);
  const wrong = Object.entries(labels).some(([key, value]) => present.metadata.labels?.[key] !== value);
  if (!wrong) return present;
  return client.patch(nodes, options.nodeName, undefined, { type: 'merge', body: { metadata: { labels } } });
}
