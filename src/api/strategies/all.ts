// The strategy of each built-in kind: the generic one, then the kind's own.
import { setDefaults } from '../defaults/all.ts';
import { generationFields, initialStatus, statusKeepsLabels } from '../facts/generations.ts';
import { orphansByDefault } from '../facts/kinds.ts';
import type { Strategy } from '../registration.ts';
import { combine, genericStrategy } from './generic.ts';

/** Keys are `resource.group/version`. */
const own: Readonly<Record<string, Strategy>> = {};

/** `name` is `deployments.apps`, or `pods` for the core group. */
export function strategyOf(name: string, version: string, model: string, hasStatus: boolean): Strategy {
  const generic = genericStrategy({
    status: hasStatus,
    initialStatus: hasStatus ? (initialStatus[name] ?? {}) : undefined,
    generation: generationFields[name],
    statusKeepsLabels: statusKeepsLabels.has(name),
  });
  generic.defaults = object => setDefaults(model, object);
  const strategy = combine(generic, own[`${name}/${version}`]);
  if (orphansByDefault.has(name)) strategy.defaultPropagation = 'orphan';
  return strategy;
}
