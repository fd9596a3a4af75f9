// How the bootstrap policy is kept up: what was taken away comes back, what was added stays (upstream component-helpers auth/rbac/reconciliation).
import {
  clusterrolebindings,
  clusterroles,
  rolebindings,
  roles,
} from '../../api/generated/resources/rbac.authorization.k8s.io.v1.ts';
import type { V1ClusterRole, V1ClusterRoleBinding, V1ObjectMeta } from '../../api/generated/types.ts';
import { equal } from '../../machinery/equality.ts';
import { uncovered } from '../authorization/rules.ts';
import { type Wanted, wanted } from './ensure.ts';
import {
  bootstrapClusterRoleBindings,
  bootstrapClusterRoles,
  bootstrapRoleBindings,
  bootstrapRoles,
} from './policy.ts';

/** Who does not want a role to be kept up says so with this annotation. */
const leaveAlone = (metadata: V1ObjectMeta | undefined): boolean =>
  metadata?.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'false';

function withLabels<T extends { metadata?: V1ObjectMeta }>(
  existing: T,
  expected: T,
): V1ObjectMeta | undefined {
  const labels = { ...existing.metadata?.labels, ...expected.metadata?.labels };
  return equal(labels, existing.metadata?.labels) ? undefined : { ...existing.metadata, labels };
}

function repairRole(existing: V1ClusterRole, expected: V1ClusterRole): V1ClusterRole | undefined {
  if (leaveAlone(existing.metadata)) return undefined;
  // The rules of an aggregated role are made of those of others.
  const missing = expected.aggregationRule ? [] : uncovered(existing.rules ?? [], expected.rules ?? []);
  const metadata = withLabels(existing, expected);
  const aggregation = expected.aggregationRule && !existing.aggregationRule;
  if (missing.length === 0 && !metadata && !aggregation) return undefined;
  return {
    ...existing,
    metadata: metadata ?? existing.metadata,
    ...(aggregation ? { aggregationRule: expected.aggregationRule } : {}),
    rules: [...(existing.rules ?? []), ...missing],
  };
}

function repairBinding(
  existing: V1ClusterRoleBinding,
  expected: V1ClusterRoleBinding,
): V1ClusterRoleBinding | { replace: true } | undefined {
  if (leaveAlone(existing.metadata)) return undefined;
  if (!equal(existing.roleRef, expected.roleRef)) return { replace: true };
  const missing = (expected.subjects ?? []).filter(
    subject => !(existing.subjects ?? []).some(each => equal(each, subject)),
  );
  const metadata = withLabels(existing, expected);
  if (missing.length === 0 && !metadata) return undefined;
  return {
    ...existing,
    metadata: metadata ?? existing.metadata,
    subjects: [...(existing.subjects ?? []), ...missing],
  };
}

export const wantedPolicy = (): Wanted[] => [
  wanted({ resource: clusterroles, objects: bootstrapClusterRoles(), repair: repairRole }),
  wanted({ resource: clusterrolebindings, objects: bootstrapClusterRoleBindings(), repair: repairBinding }),
  wanted({ resource: roles, objects: bootstrapRoles(), repair: repairRole }),
  wanted({ resource: rolebindings, objects: bootstrapRoleBindings(), repair: repairBinding }),
];
