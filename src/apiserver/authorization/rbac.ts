// RBAC over informers: bindings are indexed by subject, so a request looks only at those that name its user or one of its groups.
import {
  clusterrolebindings,
  clusterroles,
  rolebindings,
  roles,
} from '../../api/generated/resources/rbac.authorization.k8s.io.v1.ts';
import type { RbacV1Subject, V1PolicyRule, V1RoleRef } from '../../api/generated/types.ts';
import type { Informers } from '../../client/informer.ts';
import type { Attributes, Decision, User } from '../contracts.ts';
import { ruleAllows } from './rules.ts';

/** Where a permission came from. */
interface Grant {
  rules: readonly V1PolicyRule[];
  reason: string;
}

export interface Rbac {
  authorize(attributes: Attributes): Decision;
  /** All rules that hold for a user: those for the whole cluster, and with a namespace also those for it. */
  rulesOf(user: User, namespace: string): { rules: V1PolicyRule[]; errors: string[] };
  /** Rules of a role that a binding in `namespace` (empty: a ClusterRoleBinding) refers to; undefined where it is missing. */
  rulesOfRole(reference: V1RoleRef, namespace: string): readonly V1PolicyRule[] | undefined;
  whenSynced(signal?: AbortSignal): Promise<void>;
}

const userKey = (name: string): string => `User:${name}`;
const groupKey = (name: string): string => `Group:${name}`;

/** The key under which a binding's subject is found; `namespace` is the binding's own. */
function subjectKey(subject: RbacV1Subject, namespace: string): string | undefined {
  if (subject.kind === 'User') return userKey(subject.name);
  if (subject.kind === 'Group') return groupKey(subject.name);
  const space = subject.namespace || namespace;
  return subject.kind === 'ServiceAccount' && space
    ? userKey(`system:serviceaccount:${space}:${subject.name}`)
    : undefined;
}

const keysOf = (subjects: readonly RbacV1Subject[] | undefined, namespace: string): string[] => [
  ...new Set(
    (subjects ?? []).map(subject => subjectKey(subject, namespace)).filter(key => key !== undefined),
  ),
];

const identities = (user: User): string[] => [userKey(user.name), ...user.groups.map(groupKey)];

function describeSubject(
  subjects: readonly RbacV1Subject[] | undefined,
  key: string,
  namespace: string,
): string {
  const subject = (subjects ?? []).find(each => subjectKey(each, namespace) === key);
  if (subject?.kind !== 'ServiceAccount') return `${subject?.kind} "${subject?.name}"`;
  return `ServiceAccount "${subject.name}/${subject.namespace || namespace}"`;
}

/** Reads start at once; call `whenSynced` before the first decision that must not be wrong. */
export function createRbac(informers: Informers): Rbac {
  const clusterRoles = informers.for(clusterroles);
  const clusterBindings = informers.for(clusterrolebindings);
  const namespacedRoles = informers.for(roles);
  const bindings = informers.for(rolebindings);
  clusterBindings.addIndex('subject', binding => keysOf(binding.subjects, ''));
  bindings.addIndex('subject', binding => {
    const namespace = binding.metadata.namespace ?? '';
    return keysOf(binding.subjects, namespace).map(key => `${namespace}|${key}`);
  });

  const rulesOfRole = (reference: V1RoleRef, namespace: string): readonly V1PolicyRule[] | undefined => {
    const role =
      reference.kind === 'Role'
        ? namespacedRoles.get(`${namespace}/${reference.name}`)
        : clusterRoles.get(reference.name);
    return role && (role.rules ?? []);
  };

  const missing = ({ kind, name }: V1RoleRef): string =>
    `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;

  /** Every role that is bound to the user, until `visit` returns true. */
  const visit = (user: User, namespace: string, found: (grant: Grant) => boolean, errors: string[]): void => {
    for (const key of identities(user)) {
      for (const { metadata, roleRef, subjects } of clusterBindings.byIndex('subject', key)) {
        const rules = rulesOfRole(roleRef, '');
        if (!rules) errors.push(missing(roleRef));
        const reason = `RBAC: allowed by ClusterRoleBinding "${metadata.name}" of ${roleRef.kind} "${roleRef.name}" to ${describeSubject(subjects, key, '')}`;
        if (rules && found({ rules, reason })) return;
      }
    }
    if (!namespace) return;
    for (const key of identities(user)) {
      for (const { metadata, roleRef, subjects } of bindings.byIndex('subject', `${namespace}|${key}`)) {
        const rules = rulesOfRole(roleRef, namespace);
        if (!rules) errors.push(missing(roleRef));
        const reason = `RBAC: allowed by RoleBinding "${metadata.name}/${namespace}" of ${roleRef.kind} "${roleRef.name}" to ${describeSubject(subjects, key, namespace)}`;
        if (rules && found({ rules, reason })) return;
      }
    }
  };

  return {
    authorize(attributes) {
      const errors: string[] = [];
      let allowed: Grant | undefined;
      visit(
        attributes.user,
        attributes.isResource ? attributes.namespace : '',
        grant => {
          if (!grant.rules.some(rule => ruleAllows(rule, attributes))) return false;
          allowed = grant;
          return true;
        },
        errors,
      );
      if (allowed) return { allowed: true, reason: allowed.reason };
      const [first] = errors;
      if (first === undefined) return { allowed: false, reason: '' };
      const list = errors.length > 1 ? `[${errors.join(', ')}]` : first;
      return { allowed: false, reason: `RBAC: ${list}` };
    },
    rulesOf(user, namespace) {
      const rules: V1PolicyRule[] = [];
      const errors: string[] = [];
      const collect = (grant: Grant): boolean => {
        rules.push(...grant.rules);
        return false;
      };
      visit(user, namespace, collect, errors);
      return { rules, errors };
    },
    rulesOfRole,
    async whenSynced(signal) {
      await Promise.all(
        [clusterRoles, clusterBindings, namespacedRoles, bindings].map(each => each.whenSynced(signal)),
      );
    },
  };
}
