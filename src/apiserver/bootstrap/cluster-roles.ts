// The ClusterRoles that every cluster starts with, as upstream's v1.36 (plugin/pkg/auth/authorizer/rbac/bootstrappolicy).
import { events } from './rules.ts';

export interface RoleTable {
  name: string;
  rules: readonly string[];
  labels?: Record<string, string>;
  /** Takes the rules of all ClusterRoles with this label. */
  aggregates?: string;
}

const to = (role: string): Record<string, string> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${role}`]: 'true',
});

const forUsers: RoleTable[] = [
  { name: 'cluster-admin', rules: ['*: *: *'] },
  { name: 'admin', rules: [], aggregates: 'admin' },
  { name: 'edit', rules: [], aggregates: 'edit', labels: to('admin') },
  { name: 'view', rules: [], aggregates: 'view', labels: to('edit') },
  {
    name: 'system:aggregate-to-admin',
    labels: to('admin'),
    rules: [
      'authorization.k8s.io: localsubjectaccessreviews: create',
      'rbac.authorization.k8s.io: rolebindings roles: ALL',
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    labels: to('edit'),
    rules: [
      'core: pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy: READ',
      'core: serviceaccounts: impersonate',
      'core: pods pods/attach pods/exec pods/portforward pods/proxy: WRITE',
      'core: pods/eviction: create',
      'core: configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy: WRITE',
      'core: serviceaccounts/token: create',
      'apps: daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale: WRITE',
      'autoscaling: horizontalpodautoscalers: WRITE',
      'batch: cronjobs jobs: WRITE',
      'extensions: daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale: WRITE',
      'policy: poddisruptionbudgets: WRITE',
      'networking.k8s.io: ingresses networkpolicies: WRITE',
      'coordination.k8s.io: leases: ALL',
      'resource.k8s.io: resourceclaims resourceclaimtemplates: WRITE',
    ],
  },
  {
    name: 'system:aggregate-to-view',
    labels: to('view'),
    rules: [
      'core: configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status: READ',
      'core: bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status: READ',
      'core: namespaces: READ',
      'discovery.k8s.io: endpointslices: READ',
      'apps: controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status: READ',
      'autoscaling: horizontalpodautoscalers horizontalpodautoscalers/status: READ',
      'batch: cronjobs cronjobs/status jobs jobs/status: READ',
      'extensions: daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale: READ',
      'policy: poddisruptionbudgets poddisruptionbudgets/status: READ',
      'networking.k8s.io: ingresses ingresses/status networkpolicies: READ',
      'resource.k8s.io: resourceclaims resourceclaims/status resourceclaimtemplates: READ',
    ],
  },
  {
    name: 'system:basic-user',
    rules: [
      'authorization.k8s.io: selfsubjectaccessreviews selfsubjectrulesreviews: create',
      'authentication.k8s.io: selfsubjectreviews: create',
    ],
  },
  {
    name: 'system:discovery',
    rules: ['/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/: get'],
  },
  { name: 'system:public-info-viewer', rules: ['/healthz /livez /readyz /version /version/: get'] },
  {
    name: 'system:monitoring',
    rules: ['/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*: get'],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: ['/.well-known/openid-configuration /openid/v1/jwks: get'],
  },
];

const forDelegates: RoleTable[] = [
  {
    name: 'system:auth-delegator',
    rules: [
      'authentication.k8s.io: tokenreviews: create',
      'authorization.k8s.io: subjectaccessreviews: create',
    ],
  },
  { name: 'system:kube-aggregator', rules: ['core: endpoints services: READ'] },
  {
    name: 'system:heapster',
    rules: ['core: events namespaces nodes pods: READ', 'extensions: deployments: READ'],
  },
  { name: 'system:kube-dns', rules: ['core: endpoints services: list watch'] },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      'core: persistentvolumes: READ create delete',
      'core: persistentvolumeclaims: READ update',
      'storage.k8s.io: storageclasses: READ',
      'core: events: watch',
      events,
    ],
  },
];

const signer = (name: string): RoleTable => ({
  name: `system:certificates.k8s.io:${name}-approver`,
  rules: [`certificates.k8s.io: signers: approve: kubernetes.io/${name}`],
});
const forCertificates: RoleTable[] = [
  signer('kube-apiserver-client'),
  signer('kube-apiserver-client-kubelet'),
  signer('kubelet-serving'),
  signer('legacy-unknown'),
  ...['nodeclient', 'selfnodeclient'].map(name => ({
    name: `system:certificates.k8s.io:certificatesigningrequests:${name}`,
    rules: [`certificates.k8s.io: certificatesigningrequests/${name}: create`],
  })),
];

const forNodes: RoleTable[] = [
  {
    name: 'system:node',
    rules: [
      'authentication.k8s.io: tokenreviews: create',
      'authorization.k8s.io: localsubjectaccessreviews subjectaccessreviews: create',
      'core: services: READ',
      'core: nodes: READ create',
      'core: nodes/status: patch update',
      'core: nodes: patch update',
      'core: events: EVENT',
      'core: pods: READ',
      'core: pods: create delete',
      'core: pods/status: patch update',
      'core: pods/eviction: create',
      'core: configmaps secrets: READ',
      'core: persistentvolumeclaims persistentvolumes: get',
      'core: endpoints: get',
      'certificates.k8s.io: certificatesigningrequests: READ create',
      'coordination.k8s.io: leases: create delete get patch update',
      'storage.k8s.io: volumeattachments: get',
      'core: serviceaccounts/token: create',
      'core: persistentvolumeclaims/status: get patch update',
      'storage.k8s.io: csidrivers: READ',
      'storage.k8s.io: csinodes: create delete get patch update',
      'node.k8s.io: runtimeclasses: READ',
      'resource.k8s.io: resourceclaims: get',
      'resource.k8s.io: resourceslices: ALL',
      'core: serviceaccounts: get',
    ],
  },
  {
    name: 'system:node-bootstrapper',
    rules: ['certificates.k8s.io: certificatesigningrequests: READ create'],
  },
  { name: 'system:node-problem-detector', rules: ['core: nodes: get', 'core: nodes/status: patch', events] },
  {
    name: 'system:node-proxier',
    rules: [
      'core: endpoints services: list watch',
      'core: nodes: READ',
      events,
      'discovery.k8s.io: endpointslices: list watch',
      'networking.k8s.io: servicecidrs: list watch',
    ],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      'core: nodes: READ',
      'core: nodes: proxy',
      'core: nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/stats: *',
    ],
  },
];

/** Cluster DNS answers on every node and shares the node's proxy identity. */
const forDns: RoleTable[] = [
  {
    name: 'tsukube:dns',
    rules: ['core: namespaces services: list watch', 'discovery.k8s.io: endpointslices: list watch'],
  },
];

const forControlPlane: RoleTable[] = [
  {
    name: 'system:kube-controller-manager',
    rules: [
      events,
      'coordination.k8s.io: leases: create',
      'coordination.k8s.io: leases: get update: kube-controller-manager',
      'core: secrets serviceaccounts: create',
      'core: secrets: delete',
      'core: configmaps namespaces secrets serviceaccounts: get',
      'core: secrets serviceaccounts: update',
      'authentication.k8s.io: tokenreviews: create',
      'authorization.k8s.io: subjectaccessreviews: create',
      '*: *: list watch',
      'core: serviceaccounts/token: create',
    ],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      events,
      'coordination.k8s.io: leases: create',
      'coordination.k8s.io: leases: get update: kube-scheduler',
      'core: nodes: READ',
      'core: pods: READ delete',
      'core: bindings pods/binding: create',
      'core: pods/status: patch update',
      'core: replicationcontrollers services: READ',
      'apps extensions: replicasets: READ',
      'apps: statefulsets: READ',
      'policy: poddisruptionbudgets: READ',
      'core: persistentvolumeclaims persistentvolumes: READ',
      'authentication.k8s.io: tokenreviews: create',
      'authorization.k8s.io: subjectaccessreviews: create',
      'storage.k8s.io: csinodes: READ',
      'core: namespaces: READ',
      'storage.k8s.io: csidrivers: READ',
      'storage.k8s.io: csistoragecapacities: READ',
      'storage.k8s.io: volumeattachments: READ',
      'resource.k8s.io: deviceclasses: READ',
      'resource.k8s.io: resourceclaims: READ patch update',
      'resource.k8s.io: resourceclaims/status: patch update',
      'resource.k8s.io: resourceclaims/binding: patch update',
      'resource.k8s.io: resourceslices: READ',
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      'core: persistentvolumes: READ patch update',
      'storage.k8s.io: storageclasses: READ',
      'core: persistentvolumeclaims: READ patch update',
    ],
  },
];

export const clusterRoleTable: readonly RoleTable[] = [
  ...forUsers,
  ...forDelegates,
  ...forCertificates,
  ...forNodes,
  ...forDns,
  ...forControlPlane,
];
