import type { V1Container, V1Pod } from '../api/generated/types.ts';
import { parseQuantity, quantityMilliValue, quantityValue } from '../machinery/quantity.ts';

/** Amounts by resource name: thousandths for cpu, whole units (bytes) for all others. */
export type Amounts = ReadonlyMap<string, number>;

type Quantities = Readonly<Record<string, string>>;

// Few different texts occur in a cluster, and they occur with every pod.
const parsed = new Map<string, number>();

/** One amount, in the unit of `Amounts`. */
export function amountOf(resource: string, text: string | number): number {
  const id = resource === 'cpu' ? `m${text}` : String(text);
  const known = parsed.get(id);
  if (known !== undefined) return known;
  const quantity = parseQuantity(text);
  const value = resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
  if (parsed.size > 4096) parsed.clear();
  parsed.set(id, value);
  return value;
}

export function amountsOf(quantities: Quantities | undefined): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const resource in quantities) amounts.set(resource, amountOf(resource, quantities[resource]!));
  return amounts;
}

function add(to: Map<string, number>, more: Amounts): void {
  for (const [resource, value] of more) to.set(resource, (to.get(resource) ?? 0) + value);
}
function raise(to: Map<string, number>, other: Amounts): void {
  for (const [resource, value] of other) to.set(resource, Math.max(to.get(resource) ?? 0, value));
}

/** What a container counts for spreading when it asks for nothing (pkg/scheduler/util/pod_resources.go). */
const defaults: Amounts = new Map([
  ['cpu', 100],
  ['memory', 200 << 20],
]);

const isSidecar = (container: V1Container): boolean => container.restartPolicy === 'Always';

/** Resources whose request may be given for the whole pod, whatever its containers say. */
const podLevel = (resource: string): boolean =>
  resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-');

/**
 * What a pod takes from its node: its containers and sidecars together, or its hungriest init container if that is more,
 * and the overhead (component-helpers resource/helpers.go, PodRequests). `nonMissing` counts defaults for what is not asked for.
 */
export function podRequests(pod: V1Pod, nonMissing = false): Map<string, number> {
  const { containers = [], initContainers = [], overhead, resources } = pod.spec ?? {};
  const whole = amountsOf(resources?.requests);
  const of = (container: V1Container): Map<string, number> => {
    const amounts = amountsOf(container.resources?.requests);
    if (nonMissing) {
      for (const [resource, value] of defaults) {
        if (!amounts.has(resource) && !whole.has(resource)) amounts.set(resource, value);
      }
    }
    return amounts;
  };
  const total = new Map<string, number>();
  for (const container of containers) add(total, of(container));
  const sidecars = new Map<string, number>();
  const starting = new Map<string, number>();
  for (const container of initContainers) {
    const own = of(container);
    if (isSidecar(container)) {
      add(total, own);
      add(sidecars, own);
      raise(starting, sidecars);
    } else {
      add(own, sidecars);
      raise(starting, own);
    }
  }
  raise(total, starting);
  for (const [resource, value] of whole) if (podLevel(resource)) total.set(resource, value);
  add(total, amountsOf(overhead));
  return total;
}
