import type { V1Node } from '../../api/generated/types.ts';
import type { NodeFacts } from './types.ts';

/** Set by the cluster autoscaler on a node that it is about to remove. */
const toBeDeletedTaint = 'ToBeDeletedByClusterAutoscaler';

/** The facts of the node called `name`; before its Node object exists, those that need none. */
export function nodeFacts(name: string, node: V1Node | undefined): NodeFacts {
  const addresses = node?.status?.addresses ?? [];
  const ofType = (type: string): string[] =>
    addresses.filter(entry => entry.type === type).map(entry => entry.address);
  const podCIDRs = node?.spec?.podCIDRs ?? (node?.spec?.podCIDR ? [node.spec.podCIDR] : []);
  return {
    name,
    zone: node?.metadata?.labels?.['topology.kubernetes.io/zone'] ?? '',
    addresses: [...ofType('InternalIP'), ...ofType('ExternalIP')],
    podCIDRs,
    eligible:
      !node?.metadata?.deletionTimestamp &&
      !node?.spec?.taints?.some(taint => taint.key === toBeDeletedTaint),
  };
}

/** Whether rules could differ; heartbeats and the like do not count. */
export const sameNodeFacts = (a: NodeFacts, b: NodeFacts): boolean => JSON.stringify(a) === JSON.stringify(b);
