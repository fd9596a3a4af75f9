// Metrics of autoscaling/v2 in the shape that autoscaling/v1 keeps in annotations: `targetAverageValue` instead of `target.averageValue`.
import type { V2MetricSpec, V2MetricStatus } from '../generated/types.ts';

type Json = Record<string, unknown>;

const sourceOf: Readonly<Record<string, string>> = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
  External: 'external',
};

const defined = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** `{name, selector}` of a metric is two fields in v1: `metricName` and `selector` (`metricSelector` for external ones). */
const identity = (type: string, metric: Json | undefined): Json =>
  metric
    ? { metricName: metric.name, [type === 'External' ? 'metricSelector' : 'selector']: metric.selector }
    : {};

function flat(type: string, source: Json, value: Json, word: 'target' | 'current'): Json {
  const capital = (name: string): string => `${word}${name[0]!.toUpperCase()}${name.slice(1)}`;
  const fields: Json = { name: source.name, container: source.container };
  if (type === 'Object') {
    fields.target = source.describedObject;
    fields.averageValue = value.averageValue;
    fields[capital('value')] = value.value ?? '0';
  } else {
    fields[capital('value')] = value.value;
    fields[capital('averageValue')] = value.averageValue;
    fields[capital('averageUtilization')] = value.averageUtilization;
  }
  return defined({ ...identity(type, source.metric as Json | undefined), ...fields });
}

function deep(type: string, source: Json, word: 'target' | 'current'): Json {
  const value = defined({
    value: source[`${word}Value`],
    averageValue: source[`${word}AverageValue`] ?? source.averageValue,
    averageUtilization: source[`${word}AverageUtilization`],
  });
  if (type === 'Object' && value.averageValue !== undefined) delete value.value;
  if (word === 'target')
    value.type =
      value.averageUtilization !== undefined
        ? 'Utilization'
        : value.value !== undefined
          ? 'Value'
          : 'AverageValue';
  const metric =
    source.metricName === undefined
      ? undefined
      : defined({ name: source.metricName, selector: source.metricSelector ?? source.selector });
  return defined({
    name: source.name,
    container: source.container,
    describedObject: type === 'Object' ? source.target : undefined,
    metric,
    [word]: value,
  });
}

function convert(item: Json, change: (type: string, source: Json) => Json): Json {
  const type = String(item.type);
  const field = sourceOf[type];
  const source = field === undefined ? undefined : (item[field] as Json | undefined);
  return field && source ? { type, [field]: change(type, source) } : item;
}

export const metricToV1 = (metric: V2MetricSpec): Json =>
  convert(metric as unknown as Json, (type, source) => flat(type, source, source.target as Json, 'target'));
export const statusToV1 = (metric: V2MetricStatus): Json =>
  convert(metric as unknown as Json, (type, source) => flat(type, source, source.current as Json, 'current'));
export const metricFromV1 = (metric: unknown): V2MetricSpec =>
  convert(metric as Json, (type, source) => deep(type, source, 'target')) as unknown as V2MetricSpec;
export const statusFromV1 = (metric: unknown): V2MetricStatus =>
  convert(metric as Json, (type, source) => deep(type, source, 'current')) as unknown as V2MetricStatus;
