import { pods } from '../api/generated/resources/core.v1.ts';
import type { Client } from '../client/client.ts';
import type { PodInfo } from './pod-info.ts';

/** Binds a pod to a node; the API server refuses it when the pod is another one by now or has a node. */
export async function bindPod(client: Client, { pod }: PodInfo, node: string): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  const metadata = { name, namespace, uid };
  await client.subresource('create', pods, name, namespace, 'binding', {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata,
    target: { kind: 'Node', name: node },
  });
}
