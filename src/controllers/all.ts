// All controllers under upstream's names, as in kube-controller-manager's --controllers.
import type { V1Secret, V1ServiceAccount } from '../api/generated/types.ts';
import type { ComponentContext } from '../client/component.ts';
import type { Controller } from '../client/controller.ts';
import { createEventRecorder, type EventRecorder } from '../client/events.ts';
import { runController } from '../client/run-controller.ts';
import type { Stored } from '../machinery/object.ts';
import { createClusterRoleAggregationController } from './clusterrole-aggregation/clusterrole-aggregation.ts';
import type { ControllerContext } from './common/context.ts';
import type { ServedResources } from './common/resources.ts';
import { createCronJobController } from './cronjob/cronjob.ts';
import { createDaemonSetController } from './daemonset/daemonset.ts';
import { createDeploymentController } from './deployment/deployment.ts';
import { createDisruptionController } from './disruption/disruption.ts';
import { createEndpointsController } from './endpoints/endpoints.ts';
import { createEndpointSliceController } from './endpointslice/endpointslice.ts';
import { createEndpointSliceMirroringController } from './endpointslicemirroring/endpointslicemirroring.ts';
import { startGarbageCollector } from './garbagecollector/garbagecollector.ts';
import { createJobController } from './job/job.ts';
import { createNamespaceController } from './namespace/namespace.ts';
import { createNodeIpamController, type NodeIpamOptions } from './nodeipam/nodeipam.ts';
import type { HealthOptions } from './nodelifecycle/health.ts';
import { createNodeLifecycleController } from './nodelifecycle/nodelifecycle.ts';
import { startPodGarbageCollector } from './podgc/podgc.ts';
import {
  createReplicaSetController,
  createReplicationControllerController,
} from './replicaset/replicaset.ts';
import { createRootCaPublisher } from './serviceaccount/root-ca.ts';
import { createServiceAccountController } from './serviceaccount/serviceaccount.ts';
import { createTokenController } from './serviceaccount/tokens.ts';
import { createStatefulSetController } from './statefulset/statefulset.ts';
import { createTaintEvictionController } from './tainteviction/tainteviction.ts';
import { createTtlAfterFinishedController } from './ttl-after-finished/ttl-after-finished.ts';
import {
  createClaimProtectionController,
  createVolumeProtectionController,
} from './volume-protection/volume-protection.ts';

export interface ControllersOptions {
  /** Names to run; absent: all. */
  enabled?: readonly string[];
  /** What the server serves, for namespace deletion and garbage collection: `() => registry.all()`. */
  resources: ServedResources;
  /** The cluster's CA in PEM, published to every namespace; absent: it is not published. */
  rootCa?: string;
  /** After how long a silent node is given up; absent: upstream's 50 s and 60 s. */
  nodeHealth?: HealthOptions;
  /** Ranges of Pod addresses to give to nodes; absent: nodes get none here. */
  nodeIpam?: NodeIpamOptions;
  /** Signs a token without an end for a Secret of type service-account-token; absent: such Secrets stay empty. */
  signToken?(account: Stored<V1ServiceAccount>, secret: Stored<V1Secret>): Promise<string>;
}

type Start = (
  context: ControllerContext,
  options: ControllersOptions,
) => Promise<AsyncDisposable> | undefined;

const running =
  (make: (context: ControllerContext, options: ControllersOptions) => Controller | undefined): Start =>
  (context, options) => {
    const controller = make(context, options);
    return controller && runController(context, controller);
  };

/** How each controller is started; one that its options do not call for gives undefined. */
export const controllers: Readonly<Record<string, Start>> = {
  garbagecollector: (context, { resources }) => startGarbageCollector(context, resources),
  namespace: running((context, { resources }) => createNamespaceController(context, resources)),
  serviceaccount: running(createServiceAccountController),
  'serviceaccount-token': running((context, { rootCa, signToken }) =>
    createTokenController(context, { ca: rootCa, sign: signToken }),
  ),
  'root-ca-cert-publisher': running((context, { rootCa }) =>
    rootCa === undefined ? undefined : createRootCaPublisher(context, rootCa),
  ),
  deployment: running(createDeploymentController),
  replicaset: running(createReplicaSetController),
  replicationcontroller: running(createReplicationControllerController),
  daemonset: running(createDaemonSetController),
  statefulset: running(createStatefulSetController),
  job: running(createJobController),
  cronjob: running(createCronJobController),
  endpointslice: running(createEndpointSliceController),
  endpoint: running(createEndpointsController),
  endpointslicemirroring: running(createEndpointSliceMirroringController),
  'clusterrole-aggregation': running(createClusterRoleAggregationController),
  disruption: running((context, { resources }) => createDisruptionController(context, resources)),
  'pvc-protection': running(createClaimProtectionController),
  'pv-protection': running(createVolumeProtectionController),
  nodelifecycle: running((context, { nodeHealth }) => createNodeLifecycleController(context, nodeHealth)),
  'taint-eviction-controller': running(createTaintEvictionController),
  nodeipam: running((context, { nodeIpam }) => nodeIpam && createNodeIpamController(context, nodeIpam)),
  podgc: context => startPodGarbageCollector(context),
  'ttl-after-finished': running(createTtlAfterFinishedController),
};

/** Starts the controllers and resolves when all of them work. Disposing ends them and waits for what they are doing. */
export async function startControllers(
  context: ComponentContext,
  options: ControllersOptions,
): Promise<AsyncDisposable> {
  const names = options.enabled ?? Object.keys(controllers);
  const unknown = names.filter(name => !Object.hasOwn(controllers, name));
  if (unknown.length > 0) throw new Error(`no such controller: ${unknown.join(', ')}`);
  const stack = new AsyncDisposableStack();
  const recorders = new Map<string, EventRecorder>();
  const logger = context.logger.child('controllers');
  const recorder = (component: string): EventRecorder => {
    let made = recorders.get(component);
    if (!made) recorders.set(component, (made = stack.use(createEventRecorder(context, { component }))));
    return made;
  };
  const started = await Promise.allSettled(
    names.map(async name => controllers[name]!({ ...context, logger, recorder }, options)),
  );
  for (const result of started) if (result.status === 'fulfilled' && result.value) stack.use(result.value);
  const failed = started.find(result => result.status === 'rejected');
  if (!failed) return stack;
  await stack.disposeAsync();
  throw failed.reason;
}
