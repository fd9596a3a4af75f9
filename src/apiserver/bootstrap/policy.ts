// The bootstrap policy as objects, made of the tables.
import type {
  RbacV1Subject,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1PolicyRule,
  V1Role,
  V1RoleBinding,
} from '../../api/generated/types.ts';
import { clusterRoleTable, type RoleTable } from './cluster-roles.ts';
import { controllerRoleTable } from './controller-roles.ts';
import { events, rules } from './rules.ts';

const group = 'rbac.authorization.k8s.io';
const apiVersion = `${group}/v1`;

const metadata = (name: string, namespace?: string, labels?: Record<string, string>) => ({
  name,
  ...(namespace ? { namespace } : {}),
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

const user = (name: string): RbacV1Subject => ({ kind: 'User', name, apiGroup: group });
const groupSubject = (name: string): RbacV1Subject => ({ kind: 'Group', name, apiGroup: group });
const account = (name: string): RbacV1Subject => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' });

/** What the aggregation controller would make of the tables: in the order of the roles' names, with what they aggregate in turn. */
function rulesAggregatedTo(role: string): V1PolicyRule[] {
  const label = `rbac.authorization.k8s.io/aggregate-to-${role}`;
  return clusterRoleTable
    .filter(table => table.labels?.[label] === 'true')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(table => (table.aggregates ? rulesAggregatedTo(table.aggregates) : rules(table.rules)));
}

const clusterRole = ({ name, labels, aggregates, rules: lines }: RoleTable): V1ClusterRole => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: metadata(name, undefined, labels),
  ...(aggregates
    ? {
        aggregationRule: {
          clusterRoleSelectors: [
            { matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${aggregates}`]: 'true' } },
          ],
        },
      }
    : {}),
  rules:
    name === 'cluster-admin'
      ? [...rules(lines), { nonResourceURLs: ['*'], verbs: ['*'] }]
      : aggregates
        ? rulesAggregatedTo(aggregates)
        : rules(lines),
});

const clusterBinding = (role: string, subjects: RbacV1Subject[]): V1ClusterRoleBinding => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: metadata(role),
  roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
  ...(subjects.length > 0 ? { subjects } : {}),
});

export const bootstrapClusterRoles = (): V1ClusterRole[] => [
  ...clusterRoleTable.map(clusterRole),
  ...Object.entries(controllerRoleTable).map(([name, lines]) =>
    clusterRole({ name: `system:controller:${name}`, rules: lines }),
  ),
];

export const bootstrapClusterRoleBindings = (): V1ClusterRoleBinding[] => [
  clusterBinding('cluster-admin', [groupSubject('system:masters')]),
  clusterBinding('system:monitoring', [groupSubject('system:monitoring')]),
  clusterBinding('system:discovery', [groupSubject('system:authenticated')]),
  clusterBinding('system:basic-user', [groupSubject('system:authenticated')]),
  clusterBinding('system:public-info-viewer', [
    groupSubject('system:authenticated'),
    groupSubject('system:unauthenticated'),
  ]),
  clusterBinding('system:node-proxier', [user('system:kube-proxy')]),
  clusterBinding('system:kube-controller-manager', [user('system:kube-controller-manager')]),
  clusterBinding('system:kube-dns', [account('kube-dns')]),
  clusterBinding('system:kube-scheduler', [user('system:kube-scheduler')]),
  clusterBinding('system:volume-scheduler', [user('system:kube-scheduler')]),
  // Nodes have their own authorizer; the binding stays for those who look for it, without subjects.
  clusterBinding('system:node', []),
  clusterBinding('system:service-account-issuer-discovery', [groupSubject('system:serviceaccounts')]),
  clusterBinding('tsukube:dns', [groupSubject('system:node-proxiers')]),
  ...Object.keys(controllerRoleTable).map(name =>
    clusterBinding(`system:controller:${name}`, [account(name)]),
  ),
];

interface NamespacedTable {
  namespace: string;
  name: string;
  rules: string[];
  binding?: string;
  subjects: RbacV1Subject[];
}

const leases = [
  'coordination.k8s.io: leases: READ create update',
  'coordination.k8s.io: leasecandidates: READ create update',
];
const namespaced: NamespacedTable[] = [
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: ['core: configmaps: READ', 'core: configmaps: update: cluster-info', events],
    subjects: [account('bootstrap-signer')],
  },
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    rules: ['core: configmaps: READ: extension-apiserver-authentication'],
    binding: 'system::extension-apiserver-authentication-reader',
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler')],
  },
  ...['kube-controller-manager', 'kube-scheduler'].map(name => ({
    namespace: 'kube-system',
    name: `system::leader-locking-${name}`,
    rules: leases,
    subjects: [user(`system:${name}`), account(name)],
  })),
  {
    namespace: 'kube-system',
    name: 'system:controller:bootstrap-signer',
    rules: ['core: secrets: READ'],
    subjects: [account('bootstrap-signer')],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:cloud-provider',
    rules: ['core: configmaps: READ create'],
    subjects: [account('cloud-provider')],
  },
  {
    namespace: 'kube-system',
    name: 'tsukube:dns-endpoint',
    rules: ['discovery.k8s.io: endpointslices: create get patch'],
    subjects: [groupSubject('system:node-proxiers')],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:token-cleaner',
    rules: ['core: secrets: READ delete', events],
    subjects: [account('token-cleaner')],
  },
];

export const bootstrapRoles = (): V1Role[] =>
  namespaced.map(({ namespace, name, rules: lines }) => ({
    apiVersion,
    kind: 'Role',
    metadata: metadata(name, namespace),
    rules: rules(lines),
  }));

export const bootstrapRoleBindings = (): V1RoleBinding[] =>
  namespaced.map(({ namespace, name, binding = name, subjects }) => ({
    apiVersion,
    kind: 'RoleBinding',
    metadata: metadata(binding, namespace),
    roleRef: { apiGroup: group, kind: 'Role', name },
    subjects,
  }));

/** What every kubelet may do, whatever the object. */
export const nodeRules = (): V1PolicyRule[] =>
  rules(clusterRoleTable.find(table => table.name === 'system:node')!.rules);
