// The strategy of each built-in kind: the generic one, then the kind's own.
import { setDefaults } from '../defaults/all.ts';
import { generationFields, initialStatus, statusKeepsLabels } from '../facts/generations.ts';
import { orphansByDefault } from '../facts/kinds.ts';
import type { Strategy } from '../registration.ts';
import {
  clusterRoleBindingStrategy,
  clusterRoleStrategy,
  roleBindingStrategy,
  roleStrategy,
  signingRequestStrategy,
} from './access.ts';
import { cronJobStrategy, jobStrategy } from './batch.ts';
import {
  configMapStrategy,
  coreEventStrategy,
  eventStrategy,
  namespaceStrategy,
  secretStrategy,
  serviceAccountStrategy,
} from './configuration.ts';
import { definitionStrategy } from './definitions.ts';
import { combine, genericStrategy } from './generic.ts';
import {
  endpointSliceStrategy,
  endpointsStrategy,
  ingressClassStrategy,
  ingressStrategy,
  ipAddressStrategy,
  networkPolicyStrategy,
  serviceCidrStrategy,
} from './networking.ts';
import { podStrategy, podTemplateStrategy } from './pods.ts';
import {
  autoscalerStrategy,
  disruptionBudgetStrategy,
  leaseStrategy,
  limitRangeStrategy,
  nodeStrategy,
  priorityClassStrategy,
  resourceQuotaStrategy,
} from './policies.ts';
import { requiredFieldsStrategy } from './required.ts';
import { serviceStrategy } from './services.ts';
import { persistentVolumeClaimStrategy, persistentVolumeStrategy, storageClassStrategy } from './storage.ts';
import {
  controllerRevisionStrategy,
  daemonSetStrategy,
  deploymentStrategy,
  replicaSetStrategy,
  replicationControllerStrategy,
  statefulSetStrategy,
} from './workloads.ts';

/** Keys are `resource.group`, whatever the version. */
const own: Readonly<Record<string, Strategy>> = {
  configmaps: configMapStrategy,
  endpoints: endpointsStrategy,
  events: coreEventStrategy,
  limitranges: limitRangeStrategy,
  namespaces: namespaceStrategy,
  nodes: nodeStrategy,
  persistentvolumeclaims: persistentVolumeClaimStrategy,
  persistentvolumes: persistentVolumeStrategy,
  pods: podStrategy,
  podtemplates: podTemplateStrategy,
  replicationcontrollers: replicationControllerStrategy,
  resourcequotas: resourceQuotaStrategy,
  secrets: secretStrategy,
  serviceaccounts: serviceAccountStrategy,
  services: serviceStrategy,
  'controllerrevisions.apps': controllerRevisionStrategy,
  'customresourcedefinitions.apiextensions.k8s.io': definitionStrategy,
  'daemonsets.apps': daemonSetStrategy,
  'deployments.apps': deploymentStrategy,
  'replicasets.apps': replicaSetStrategy,
  'statefulsets.apps': statefulSetStrategy,
  'horizontalpodautoscalers.autoscaling': autoscalerStrategy,
  'cronjobs.batch': cronJobStrategy,
  'jobs.batch': jobStrategy,
  'certificatesigningrequests.certificates.k8s.io': signingRequestStrategy,
  'leases.coordination.k8s.io': leaseStrategy,
  'endpointslices.discovery.k8s.io': endpointSliceStrategy,
  'events.events.k8s.io': eventStrategy,
  'ingressclasses.networking.k8s.io': ingressClassStrategy,
  'ingresses.networking.k8s.io': ingressStrategy,
  'ipaddresses.networking.k8s.io': ipAddressStrategy,
  'networkpolicies.networking.k8s.io': networkPolicyStrategy,
  'servicecidrs.networking.k8s.io': serviceCidrStrategy,
  'poddisruptionbudgets.policy': disruptionBudgetStrategy,
  'clusterrolebindings.rbac.authorization.k8s.io': clusterRoleBindingStrategy,
  'clusterroles.rbac.authorization.k8s.io': clusterRoleStrategy,
  'rolebindings.rbac.authorization.k8s.io': roleBindingStrategy,
  'roles.rbac.authorization.k8s.io': roleStrategy,
  'priorityclasses.scheduling.k8s.io': priorityClassStrategy,
  'storageclasses.storage.k8s.io': storageClassStrategy,
};

/** `name` is `deployments.apps`, or `pods` for the core group. */
export function strategyOf(name: string, model: string, hasStatus: boolean): Strategy {
  const generic = genericStrategy({
    status: hasStatus,
    initialStatus: hasStatus ? (initialStatus[name] ?? {}) : undefined,
    statusOnCreate: name === 'nodes',
    generation: generationFields[name],
    statusKeepsLabels: statusKeepsLabels.has(name),
  });
  generic.defaults = object => setDefaults(model, object);
  const strategy = combine(generic, own[name] ?? requiredFieldsStrategy(model));
  if (orphansByDefault.has(name)) strategy.defaultPropagation = 'orphan';
  return strategy;
}
