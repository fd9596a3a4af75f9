// Nobody grants what they do not hold (upstream pkg/registry/rbac/…/policybased): checked when roles and bindings are written.
import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1PolicyRule,
  V1RoleRef,
} from '../../api/generated/types.ts';
import { equal } from '../../machinery/equality.ts';
import { forbidden, notFound } from '../../machinery/status-errors.ts';
import type { AdmissionPlugin, AdmissionRequest, Attributes, Authorizer, User } from '../contracts.ts';
import { mastersGroup } from './authorizer.ts';
import type { Rbac } from './rbac.ts';
import { describeRules, uncovered } from './rules.ts';

const group = 'rbac.authorization.k8s.io';

/** Users quote as Go does: `["a" "b"]`. */
const quoteList = (list: readonly string[]): string =>
  `[${list.map(each => JSON.stringify(each)).join(' ')}]`;

export function createEscalationCheck(rbac: Rbac, authorizer: Authorizer): AdmissionPlugin {
  const may = async (
    request: AdmissionRequest,
    verb: string,
    resource: string,
    name: string,
  ): Promise<boolean> => {
    const attributes: Attributes = {
      user: request.user,
      verb,
      group,
      version: '*',
      resource,
      subresource: '',
      namespace: request.namespace,
      name,
      path: '',
      isResource: true,
    };
    return (await authorizer(attributes)).allowed;
  };

  /** Refuses rules that go beyond those of the user. */
  const confirm = (request: AdmissionRequest, rules: readonly V1PolicyRule[]): void => {
    const { user, namespace, registration, name } = request;
    const held = rbac.rulesOf(user, namespace);
    const missing = uncovered(held.rules, rules);
    if (missing.length === 0) return;
    const errors = held.errors.length > 0 ? `; resolution errors: [${held.errors.join(', ')}]` : '';
    const message = `user ${JSON.stringify(user.name)} (groups=${quoteList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n`;
    throw forbidden(registration, name, `${message}${describeRules(missing).join('\n')}${errors}`);
  };

  const checkRole = async (request: AdmissionRequest): Promise<void> => {
    const role = request.object as V1ClusterRole;
    const old = request.old as V1ClusterRole | undefined;
    const { resource } = request.registration;
    const aggregates = role.aggregationRule && !equal(role.aggregationRule, old?.aggregationRule);
    if (old && !aggregates && equal(role.rules ?? [], old.rules ?? [])) return;
    if (await may(request, 'escalate', resource, request.name)) return;
    if (aggregates) {
      // Whoever picks roles by label may come to hold any of them.
      const everything = [
        { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
        { nonResourceURLs: ['*'], verbs: ['*'] },
      ];
      confirm({ ...request, namespace: '' }, everything);
    }
    confirm(request, role.rules ?? []);
  };

  const checkBinding = async (request: AdmissionRequest): Promise<void> => {
    const binding = request.object as V1ClusterRoleBinding;
    const old = request.old as V1ClusterRoleBinding | undefined;
    if (old && equal(old.subjects ?? [], binding.subjects ?? []) && equal(old.roleRef, binding.roleRef))
      return;
    const { kind, name }: V1RoleRef = binding.roleRef;
    const resource = kind === 'Role' ? 'roles' : 'clusterroles';
    if (await may(request, 'bind', resource, name)) return;
    const rules = rbac.rulesOfRole(binding.roleRef, request.namespace);
    if (!rules) throw notFound({ group, resource }, name);
    confirm(request, rules);
  };

  const exempt = ({ groups }: User): boolean => groups.includes(mastersGroup);
  const checks: Record<string, (request: AdmissionRequest) => Promise<void>> = {
    roles: checkRole,
    clusterroles: checkRole,
    rolebindings: checkBinding,
    clusterrolebindings: checkBinding,
  };
  return {
    name: 'RBACEscalation',
    validate(request) {
      if (request.registration.group !== group || request.subresource || exempt(request.user)) return;
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
      return checks[request.registration.resource]?.(request);
    },
  };
}
