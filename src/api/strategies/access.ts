// RBAC, certificates (upstream pkg/apis/rbac/validation, pkg/apis/certificates/validation).
import { semanticEqual } from '../../machinery/equality.ts';
import type {
  V1CertificateSigningRequest,
  V1ClusterRole,
  V1PolicyRule,
  V1Role,
  V1RoleBinding,
} from '../generated/types.ts';
import type { Strategy } from '../registration.ts';
import type { Causes } from '../validation/causes.ts';
import { pathSegment } from '../validation/formats.ts';
import { checkSelector } from '../validation/selectors.ts';
import { alike } from './generic.ts';

const group = 'rbac.authorization.k8s.io';

function checkRule(causes: Causes, rule: V1PolicyRule, field: string, namespaced: boolean): void {
  if (!rule.verbs?.length) causes.required(`${field}.verbs`, 'verbs must contain at least one value');
  if (rule.nonResourceURLs?.length) {
    if (namespaced)
      causes.invalid(
        `${field}.nonResourceURLs`,
        rule.nonResourceURLs,
        'namespaced rules cannot apply to non-resource URLs',
      );
    if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length)
      causes.invalid(
        `${field}.nonResourceURLs`,
        rule.nonResourceURLs,
        'rules cannot apply to both regular resources and non-resource URLs',
      );
    return;
  }
  if (!rule.apiGroups?.length)
    causes.required(`${field}.apiGroups`, 'resource rules must supply at least one api group');
  if (!rule.resources?.length)
    causes.required(`${field}.resources`, 'resource rules must supply at least one resource');
}

export const roleStrategy = alike((causes, object) => {
  for (const [index, rule] of ((object as V1Role).rules ?? []).entries())
    checkRule(causes, rule, `rules[${index}]`, true);
});

export const clusterRoleStrategy = alike((causes, object) => {
  const role = object as V1ClusterRole;
  for (const [index, rule] of (role.rules ?? []).entries()) checkRule(causes, rule, `rules[${index}]`, false);
  if (!role.aggregationRule) return;
  const selectors = role.aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0)
    causes.required(
      'aggregationRule.clusterRoleSelectors',
      'at least one clusterRoleSelector required if aggregationRule is non-nil',
    );
  for (const [index, selector] of selectors.entries())
    checkSelector(causes, selector, `aggregationRule.clusterRoleSelectors[${index}]`);
});

const bindingStrategy = (namespaced: boolean): Strategy =>
  alike(
    (causes, object) => {
      const { roleRef, subjects = [] } = object as V1RoleBinding;
      if (roleRef?.apiGroup !== group)
        causes.notSupported('roleRef.apiGroup', roleRef?.apiGroup ?? '', [group]);
      const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
      if (!kinds.includes(roleRef?.kind)) causes.notSupported('roleRef.kind', roleRef?.kind ?? '', kinds);
      if (!roleRef?.name) causes.required('roleRef.name');
      else causes.each('roleRef.name', roleRef.name, pathSegment(roleRef.name));
      for (const [index, subject] of subjects.entries()) {
        const field = `subjects[${index}]`;
        if (!subject.name) causes.required(`${field}.name`);
        if (subject.kind === 'ServiceAccount') {
          if (subject.apiGroup) causes.notSupported(`${field}.apiGroup`, subject.apiGroup, ['']);
          if (!subject.namespace) causes.required(`${field}.namespace`);
        } else if (subject.kind === 'User' || subject.kind === 'Group') {
          if (subject.apiGroup !== group)
            causes.notSupported(`${field}.apiGroup`, subject.apiGroup ?? '', [group]);
        } else causes.notSupported(`${field}.kind`, subject.kind ?? '', ['ServiceAccount', 'User', 'Group']);
      }
    },
    (causes, object, old) => {
      const [now, before] = [(object as V1RoleBinding).roleRef, (old as V1RoleBinding).roleRef];
      if (!semanticEqual(now, before)) causes.invalid('roleRef', now, 'cannot change roleRef');
    },
  );

export const roleBindingStrategy = bindingStrategy(true);
export const clusterRoleBindingStrategy = bindingStrategy(false);

export const signingRequestStrategy = alike((causes, object) => {
  const { spec } = object as V1CertificateSigningRequest;
  if (!spec?.usages?.length) causes.required('spec.usages');
  if (!spec?.signerName) causes.required('spec.signerName');
  else if (!/^[^/]+\.[^/]+\/.+$/.test(spec.signerName))
    causes.invalid(
      'spec.signerName',
      spec.signerName,
      'must be a fully qualified domain and path of the form "example.com/signer-name"',
    );
  const seconds = spec?.expirationSeconds;
  if (seconds !== undefined && seconds < 600)
    causes.invalid(
      'spec.expirationSeconds',
      seconds,
      'may not specify a duration less than 600 seconds (10 minutes)',
    );
  if (!spec?.request) causes.required('spec.request');
});
