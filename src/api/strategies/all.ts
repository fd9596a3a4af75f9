// The strategy of each built-in kind: the generic one, then the kind's own.
import { generationFields, statusKeepsLabels } from '../facts/generations.ts';
import { orphansByDefault } from '../facts/kinds.ts';
import type { Strategy } from '../registration.ts';
import { combine, genericStrategy } from './generic.ts';

/** Keys are `resource.group/version`. */
const own: Readonly<Record<string, Strategy>> = {};

/** `groupResource` is `deployments.apps`, or `pods` for the core group. */
export function strategyOf(groupResource: string, version: string, hasStatus: boolean): Strategy {
  const generic = genericStrategy({
    status: hasStatus,
    generation: generationFields[groupResource],
    statusKeepsLabels: statusKeepsLabels.has(groupResource),
  });
  const strategy = combine(generic, own[`${groupResource}/${version}`]);
  if (orphansByDefault.has(groupResource)) strategy.defaultPropagation = 'orphan';
  return strategy;
}
