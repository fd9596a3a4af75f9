// autoscaling/v1 is a view of the stored autoscaling/v2: CPU utilisation has a field of its own there, everything else is kept in
// annotations, in v1's older shape of metrics (upstream pkg/apis/autoscaling/v1/conversion.go and pkg/apis/autoscaling/annotations.go).
import type { KubeObject } from '../../machinery/object.ts';
import type {
  V1HorizontalPodAutoscaler,
  V2HorizontalPodAutoscaler,
  V2MetricSpec,
  V2MetricStatus,
} from '../generated/types.ts';
import { metricFromV1, metricToV1, statusFromV1, statusToV1 } from './metrics.ts';

const prefix = 'autoscaling.alpha.kubernetes.io/';
const names = {
  metrics: `${prefix}metrics`,
  current: `${prefix}current-metrics`,
  conditions: `${prefix}conditions`,
  behavior: `${prefix}behavior`,
};

const isCpuUtilisation = (metric: V2MetricSpec): boolean =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource.target.averageUtilization !== undefined;

const isCpuStatus = (metric: V2MetricStatus): boolean =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource.current.averageUtilization !== undefined;

function fromStorage(object: KubeObject): KubeObject {
  const stored = object as V2HorizontalPodAutoscaler;
  const { metrics, behavior, ...spec } = stored.spec ?? {
    maxReplicas: 0,
    scaleTargetRef: { kind: '', name: '' },
  };
  const annotations: Record<string, string> = { ...stored.metadata?.annotations };
  const cpu = metrics?.find(isCpuUtilisation);
  const others = (metrics ?? []).filter(metric => metric !== cpu);
  if (others.length > 0) annotations[names.metrics] = JSON.stringify(others.map(metricToV1));
  if (behavior) annotations[names.behavior] = JSON.stringify(behavior);
  const { currentMetrics, conditions, ...status } = stored.status ?? { desiredReplicas: 0 };
  const current = currentMetrics?.find(isCpuStatus);
  const otherCurrent = (currentMetrics ?? []).filter(metric => metric !== current);
  if (otherCurrent.length > 0) annotations[names.current] = JSON.stringify(otherCurrent.map(statusToV1));
  if (conditions?.length) annotations[names.conditions] = JSON.stringify(conditions);
  const target = cpu?.resource?.target.averageUtilization;
  const usage = current?.resource?.current.averageUtilization;
  const result: V1HorizontalPodAutoscaler = {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { ...stored.metadata },
    spec: { ...spec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      ...status,
      currentReplicas: status.currentReplicas ?? 0,
      ...(usage === undefined ? {} : { currentCPUUtilizationPercentage: usage }),
    },
  };
  if (Object.keys(annotations).length > 0) result.metadata!.annotations = annotations;
  return result;
}

function parsed<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

function toStorage(object: KubeObject): KubeObject {
  const given = object as V1HorizontalPodAutoscaler;
  const annotations: Record<string, string> = { ...given.metadata?.annotations };
  const others = parsed<unknown[]>(annotations[names.metrics]);
  const current = parsed<unknown[]>(annotations[names.current]);
  const conditions = parsed<NonNullable<V2HorizontalPodAutoscaler['status']>['conditions']>(
    annotations[names.conditions],
  );
  const behavior = parsed<NonNullable<V2HorizontalPodAutoscaler['spec']>['behavior']>(
    annotations[names.behavior],
  );
  for (const name of Object.values(names)) delete annotations[name];
  const { targetCPUUtilizationPercentage: target, ...spec } = given.spec ?? {
    maxReplicas: 0,
    scaleTargetRef: { kind: '', name: '' },
  };
  const metrics = (others ?? []).map(metricFromV1);
  if (target !== undefined)
    metrics.unshift({
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } },
    });
  const { currentCPUUtilizationPercentage: usage, ...status } = given.status ?? {
    currentReplicas: 0,
    desiredReplicas: 0,
  };
  const currentMetrics = (current ?? []).map(statusFromV1);
  if (usage !== undefined)
    currentMetrics.unshift({
      type: 'Resource',
      resource: { name: 'cpu', current: { averageUtilization: usage } },
    });
  const { annotations: _, ...metadata } = given.metadata ?? {};
  const result: V2HorizontalPodAutoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    spec: { ...spec, ...(metrics.length > 0 ? { metrics } : {}), ...(behavior ? { behavior } : {}) },
  };
  if (given.status)
    result.status = {
      ...status,
      ...(currentMetrics.length > 0 ? { currentMetrics } : {}),
      ...(conditions ? { conditions } : {}),
    };
  return result;
}

/** For the registration of autoscaling/v1; what is stored is autoscaling/v2. */
export const autoscalerConversion = { fromStorage, toStorage };
