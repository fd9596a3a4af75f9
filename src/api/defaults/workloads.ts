// Defaults of apps, batch and autoscaling (upstream pkg/apis/{apps/v1,batch/v1,autoscaling/v1,autoscaling/v2}/defaults.go).
import type {
  V1DaemonSetSpec,
  V1DeploymentSpec,
  V1Job,
  V1StatefulSetSpec,
  V2HorizontalPodAutoscalerSpec,
  V2HPAScalingRules,
} from '../generated/types.ts';
import type { DefaultsTable, Fields } from './apply.ts';

function deploymentSpec(object: Fields): void {
  const spec = object as unknown as V1DeploymentSpec;
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    const rolling = (spec.strategy.rollingUpdate ??= {});
    rolling.maxUnavailable ??= '25%';
    rolling.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
}

function daemonSetSpec(object: Fields): void {
  const spec = object as unknown as V1DaemonSetSpec;
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.maxUnavailable ??= 1;
    rolling.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
}

function statefulSetSpec(object: Fields): void {
  const spec = object as unknown as V1StatefulSetSpec;
  spec.podManagementPolicy ||= 'OrderedReady';
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.partition ??= 0;
  }
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ||= 'Retain';
  retention.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  // Claims in a set carry their kind and a first phase.
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ??= 'v1';
    claim.kind ??= 'PersistentVolumeClaim';
    claim.metadata ??= {};
    claim.status ??= { phase: 'Pending' };
  }
}

function job(object: Fields): void {
  const { spec, metadata } = object as V1Job;
  if (!spec) return;
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1;
    spec.parallelism = 1;
  }
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  const labels = spec.template?.metadata?.labels;
  if (labels && metadata && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  spec.completionMode ||= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ||= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  for (const rule of spec.podFailurePolicy?.rules ?? [])
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  spec.manualSelector ??= false;
}

const scaleUp: V2HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const scaleDown: V2HPAScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

function autoscalerSpec(object: Fields): void {
  const spec = object as unknown as V2HorizontalPodAutoscalerSpec;
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length)
    spec.metrics = [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ];
  if (!spec.behavior) return;
  spec.behavior.scaleUp = { ...structuredClone(scaleUp), ...spec.behavior.scaleUp };
  spec.behavior.scaleDown = { ...structuredClone(scaleDown), ...spec.behavior.scaleDown };
}

export const workloadDefaults: DefaultsTable = {
  V1DeploymentSpec: { run: deploymentSpec },
  V1DaemonSetSpec: { run: daemonSetSpec },
  V1StatefulSetSpec: { run: statefulSetSpec },
  V1ReplicaSetSpec: { values: { replicas: 1 } },
  V1Job: { run: job },
  V1CronJobSpec: {
    values: {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    },
  },
  V1JobTemplateSpec: { values: { metadata: {} } },
  V1HorizontalPodAutoscalerSpec: { values: { minReplicas: 1 } },
  V2HorizontalPodAutoscalerSpec: { run: autoscalerSpec },
};
