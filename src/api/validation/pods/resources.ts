// Requests and limits (upstream validateContainerResourceName, ValidateResourceRequirements).
import { labelKey } from '../../../machinery/formats.ts';
import { compareQuantities, parseQuantity, type Quantity } from '../../../machinery/quantity.ts';
import type { V1ResourceRequirements } from '../../generated/types.ts';
import type { Causes } from '../causes.ts';

const plain = new Set(['cpu', 'memory', 'ephemeral-storage']);
const plainForClaims = new Set(['storage']);

function quantity(causes: Causes, field: string, value: string): Quantity | undefined {
  try {
    return parseQuantity(value);
  } catch {
    causes.invalid(
      field,
      value,
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
    return undefined;
  }
}

/** Amounts of a resource list: none negative. */
export function checkAmounts(
  causes: Causes,
  list: Readonly<Record<string, string>> | undefined,
  field: string,
): Map<string, Quantity> {
  const amounts = new Map<string, Quantity>();
  for (const [name, value] of Object.entries(list ?? {})) {
    const amount = quantity(causes, `${field}[${name}]`, value);
    if (!amount) continue;
    amounts.set(name, amount);
    if (amount.nanos < 0n)
      causes.invalid(`${field}[${name}]`, String(value), 'must be greater than or equal to 0');
  }
  return amounts;
}

const isExtended = (name: string): boolean => name.includes('/') && !name.startsWith('kubernetes.io/');
const overcommits = (name: string): boolean => !isExtended(name) && !name.startsWith('hugepages-');

function checkNames(causes: Causes, names: Iterable<string>, field: string): void {
  for (const name of names) {
    causes.each(`${field}[${name}]`, name, labelKey(name));
    if (
      !name.includes('/') &&
      !plain.has(name) &&
      !plainForClaims.has(name) &&
      !name.startsWith('hugepages-')
    )
      causes.invalid(`${field}[${name}]`, name, 'must be a standard resource for containers');
  }
}

export function checkResources(
  causes: Causes,
  resources: V1ResourceRequirements | undefined,
  field: string,
): void {
  if (!resources) return;
  checkNames(causes, Object.keys(resources.limits ?? {}), `${field}.limits`);
  const limits = checkAmounts(causes, resources.limits, `${field}.limits`);
  checkNames(causes, Object.keys(resources.requests ?? {}), `${field}.requests`);
  const requests = checkAmounts(causes, resources.requests, `${field}.requests`);
  for (const [name, request] of requests) {
    const limit = limits.get(name);
    if (limit && compareQuantities(request, limit) > 0)
      causes.invalid(
        `${field}.requests`,
        resources.requests![name],
        `must be less than or equal to ${name} limit of ${resources.limits![name]}`,
      );
    if (limit && !overcommits(name) && compareQuantities(request, limit) !== 0)
      causes.invalid(
        `${field}.requests`,
        resources.requests![name],
        `must be equal to ${name} limit of ${resources.limits![name]}`,
      );
    if (!limit && !overcommits(name))
      causes.required(`${field}.limits`, 'Limit must be set for non overcommitable resources');
  }
}
