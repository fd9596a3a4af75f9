import { type Clock, timestamp } from './clock.ts';

/** The fields that conditions of all kinds share. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
  lastTransitionTime?: string;
}

type Conditions<C extends Condition> = readonly C[] | undefined;

export const findCondition = <C extends Condition>(conditions: Conditions<C>, type: string): C | undefined =>
  conditions?.find(condition => condition.type === type);

export const isConditionTrue = <C extends Condition>(conditions: Conditions<C>, type: string): boolean =>
  findCondition(conditions, type)?.status === 'True';

const same = (a: Condition, b: Condition): boolean =>
  Object.keys({ ...a, ...b }).every(
    key => (a as unknown as Record<string, unknown>)[key] === (b as unknown as Record<string, unknown>)[key],
  );

/**
 * A new list with `condition` in the place of its type, or at the end; the same list if nothing changes.
 * lastTransitionTime is kept while the status stays, and is the present otherwise (unless given).
 */
export function setCondition<C extends Condition>(
  conditions: Conditions<C>,
  condition: C,
  clock: Clock,
): readonly C[] {
  const old = findCondition(conditions, condition.type);
  const stays = old?.status === condition.status;
  const time =
    condition.lastTransitionTime ?? (stays ? old.lastTransitionTime : undefined) ?? timestamp(clock.now());
  const made: C = { ...condition, lastTransitionTime: stays ? (old.lastTransitionTime ?? time) : time };
  if (!old || !conditions) return [...(conditions ?? []), made];
  return same(old, made) ? conditions : conditions.map(each => (each === old ? made : each));
}

/** A list without the type; the same list if it is not there. */
export const removeCondition = <C extends Condition>(
  conditions: Conditions<C>,
  type: string,
): readonly C[] =>
  findCondition(conditions, type) ? conditions!.filter(each => each.type !== type) : (conditions ?? []);
