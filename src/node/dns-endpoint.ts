// The cluster's DNS Service has an endpoint on each node, used on that node only (internalTrafficPolicy: Local).

import { nodes } from '../api/generated/resources/core.v1.ts';
import { endpointslices } from '../api/generated/resources/discovery.k8s.io.v1.ts';
import type { V1EndpointSlice } from '../api/generated/types.ts';
import type { Client } from '../client/client.ts';

export const dnsServiceName = 'kube-dns';

/** The slice for a node whose DNS answers at `address`:53. Owned by the Node, it goes with it. */
export const dnsSlice = (node: { name: string; uid: string }, address: string): V1EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: `${dnsServiceName}-${node.name}`,
    namespace: 'kube-system',
    labels: {
      'kubernetes.io/service-name': dnsServiceName,
      'endpointslice.kubernetes.io/managed-by': 'tsukube-node',
    },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid }],
  },
  addressType: 'IPv4',
  endpoints: [
    {
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: node.name,
    },
  ],
  ports: [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ],
});

/** Makes or refreshes this node's endpoint of the DNS Service. */
export async function publishDnsEndpoint(client: Client, nodeName: string, address: string): Promise<void> {
  const node = await client.get(nodes, nodeName);
  const slice = dnsSlice({ name: nodeName, uid: node.metadata.uid }, address);
  await client.patch(
    endpointslices,
    slice.metadata!.name!,
    'kube-system',
    { type: 'apply', body: slice },
    { fieldManager: 'tsukube-node', force: true },
  );
}
