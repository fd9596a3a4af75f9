import type { Attributes, Authorizer, Decision } from '../contracts.ts';
import type { Rbac } from './rbac.ts';

/** Whoever is in this group may do anything. */
export const mastersGroup = 'system:masters';

/**
 * Asked in order, as upstream's `--authorization-mode=Node,RBAC`: the first that allows decides; when none does, their reasons are joined.
 * `node` gives undefined for those who are no kubelet.
 */
export function createAuthorizer(
  node: (attributes: Attributes) => Decision | undefined,
  rbac: Rbac,
): Authorizer {
  return attributes => {
    if (attributes.user.groups.includes(mastersGroup)) return { allowed: true, reason: '' };
    const first = node(attributes);
    if (first?.allowed) return first;
    const second = rbac.authorize(attributes);
    if (second.allowed || !first?.reason) return second;
    return { allowed: false, reason: [first.reason, second.reason].filter(Boolean).join(', ') };
  };
}
