// Disruption budgets, autoscalers, leases, priority classes, quotas, limits, nodes.
import { semanticEqual } from '../../machinery/equality.ts';
import type {
  V1Lease,
  V1LimitRange,
  V1Node,
  V1PodDisruptionBudget,
  V1PriorityClass,
  V1ResourceQuota,
  V2HorizontalPodAutoscaler,
} from '../generated/types.ts';
import type { Strategy } from '../registration.ts';
import type { Causes } from '../validation/causes.ts';
import { checkAmounts } from '../validation/pods/resources.ts';
import { checkSelector } from '../validation/selectors.ts';
import { alike } from './generic.ts';

function checkShare(causes: Causes, value: number | string | undefined, field: string): void {
  if (typeof value === 'number') causes.nonNegative(field, value);
  else if (value !== undefined && !/^\d+%$/.test(value))
    causes.invalid(
      field,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    );
  else if (value !== undefined && Number.parseInt(value, 10) > 100)
    causes.invalid(field, value, 'must not be greater than 100%');
}

export const disruptionBudgetStrategy = alike((causes, object) => {
  const spec = (object as V1PodDisruptionBudget).spec ?? {};
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined)
    causes.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set');
  checkShare(causes, spec.minAvailable, 'spec.minAvailable');
  checkShare(causes, spec.maxUnavailable, 'spec.maxUnavailable');
  checkSelector(causes, spec.selector, 'spec.selector');
  causes.oneOf('spec.unhealthyPodEvictionPolicy', spec.unhealthyPodEvictionPolicy, [
    'AlwaysAllow',
    'IfHealthyBudget',
  ]);
});

export const autoscalerStrategy = alike((causes, object) => {
  const spec = (object as V2HorizontalPodAutoscaler).spec;
  const { minReplicas, maxReplicas = 0, scaleTargetRef } = spec ?? {};
  if (minReplicas !== undefined && minReplicas < 1)
    causes.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1');
  if (maxReplicas < 1) causes.invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0');
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    causes.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
  if (!scaleTargetRef?.kind) causes.required('spec.scaleTargetRef.kind');
  if (!scaleTargetRef?.name) causes.required('spec.scaleTargetRef.name');
  for (const [index, metric] of (spec?.metrics ?? []).entries()) {
    const field = `spec.metrics[${index}]`;
    const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
    if (!metric.type) causes.required(`${field}.type`, 'must specify a metric source type');
    else if (!types.includes(metric.type)) causes.notSupported(`${field}.type`, metric.type, types);
    else {
      const name = (metric.type[0]!.toLowerCase() + metric.type.slice(1)) as 'resource';
      if (!metric[name])
        causes.required(`${field}.${name}`, 'must populate information for the given metric source');
    }
  }
});

export const leaseStrategy = alike((causes, object) => {
  const spec = (object as V1Lease).spec ?? {};
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = spec;
  if (seconds !== undefined && seconds <= 0)
    causes.invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0');
  if (transitions !== undefined && transitions < 0)
    causes.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0');
});

const highest = 1_000_000_000;

export const priorityClassStrategy = alike(
  (causes, object) => {
    const { metadata, value = 0, preemptionPolicy } = object as V1PriorityClass;
    const name = metadata?.name ?? '';
    if (name.startsWith('system-')) {
      if (name !== 'system-node-critical' && name !== 'system-cluster-critical')
        causes.forbidden(
          'metadata.name',
          `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
        );
    } else if (value > highest)
      causes.forbidden('value', `maximum allowed value of a user defined priority is ${highest}`);
    causes.oneOf('preemptionPolicy', preemptionPolicy, ['Never', 'PreemptLowerPriority']);
  },
  (causes, object, old) => {
    const [now, before] = [object as V1PriorityClass, old as V1PriorityClass];
    if (now.value !== before.value) causes.forbidden('value', 'may not be changed in an update.');
    if (now.preemptionPolicy !== before.preemptionPolicy)
      causes.immutable('preemptionPolicy', now.preemptionPolicy);
  },
);

export const resourceQuotaStrategy = alike(
  (causes, object) => {
    checkAmounts(causes, (object as V1ResourceQuota).spec?.hard, 'spec.hard');
  },
  (causes, object, old) => {
    const [now, before] = [(object as V1ResourceQuota).spec?.scopes, (old as V1ResourceQuota).spec?.scopes];
    if (!semanticEqual(now, before)) causes.immutable('spec.scopes', now);
  },
);

export const limitRangeStrategy = alike((causes, object) => {
  const types = new Set<string>();
  for (const [index, item] of ((object as V1LimitRange).spec?.limits ?? []).entries()) {
    const field = `spec.limits[${index}]`;
    if (types.has(item.type)) causes.duplicate(`${field}.type`, item.type);
    types.add(item.type);
    const max = checkAmounts(causes, item.max, `${field}.max`);
    const min = checkAmounts(causes, item.min, `${field}.min`);
    for (const [name, low] of min) {
      const high = max.get(name);
      if (high && low.nanos > high.nanos)
        causes.invalid(
          `${field}.min[${name}]`,
          item.min![name],
          `min value ${item.min![name]} is greater than max value ${item.max![name]}`,
        );
    }
    if (item.type === 'Pod') {
      if (Object.keys(item.default ?? {}).length > 0)
        causes.forbidden(`${field}.default`, "may not be specified when `type` is 'Pod'");
      if (Object.keys(item.defaultRequest ?? {}).length > 0)
        causes.forbidden(`${field}.defaultRequest`, "may not be specified when `type` is 'Pod'");
    }
  }
});

/** The kubelet says its status when it registers, so a new Node keeps it. */
export const nodeStrategy: Strategy = alike(
  (causes, object) => {
    const taints = new Set<string>();
    for (const [index, taint] of ((object as V1Node).spec?.taints ?? []).entries()) {
      const field = `spec.taints[${index}]`;
      causes.oneOf(`${field}.effect`, taint.effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute'], true);
      const key = `${taint.key}:${taint.effect}`;
      if (taints.has(key))
        causes.duplicate(field, {
          Key: taint.key,
          Value: taint.value ?? '',
          Effect: taint.effect,
          TimeAdded: null,
        });
      taints.add(key);
    }
  },
  (causes, object, old) => {
    const [now, before] = [(object as V1Node).spec ?? {}, (old as V1Node).spec ?? {}];
    const had = before.podCIDRs?.length || before.podCIDR;
    if (had && (now.podCIDR !== before.podCIDR || !semanticEqual(now.podCIDRs, before.podCIDRs)))
      causes.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid');
    if (before.providerID && now.providerID !== before.providerID)
      causes.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid');
  },
);
