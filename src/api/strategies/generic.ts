// What every kind's strategy begins with: who may write status, and when metadata.generation grows.

import { semanticEqual } from '../../machinery/equality.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { Strategy } from '../registration.ts';
import { type Causes, collect } from '../validation/causes.ts';

/** Any top-level field. */
export type Fields = KubeObject & Record<string, unknown>;

export interface GenericFacts {
  /** Has a `/status` subresource, and so status is written there only. */
  status: boolean;
  /** What a new object's status says before anyone has written it. */
  initialStatus?: Readonly<Record<string, unknown>>;
  /** Who creates it may say its status too (Nodes). */
  statusOnCreate?: boolean;
  /** metadata.generation starts at 1 and grows when one of these top-level fields (or of `metadata.…`) changes; absent: not kept. */
  generation?: readonly string[];
  /** A status write keeps the old labels too. */
  statusKeepsLabels?: boolean;
}

/** Copies `name` of `from`, or removes it where `from` has none. */
export function restore(object: Fields, from: Fields, name: string): void {
  if (from[name] === undefined) delete object[name];
  else object[name] = from[name];
}

const valueAt = (object: KubeObject, path: string): unknown =>
  path.startsWith('metadata.')
    ? (object.metadata as Record<string, unknown> | undefined)?.[path.slice('metadata.'.length)]
    : (object as Fields)[path];

function keepGeneration(object: KubeObject, old: KubeObject): void {
  const metadata = (object.metadata ??= {});
  if (old.metadata?.generation === undefined) delete metadata.generation;
  else metadata.generation = old.metadata.generation;
}

/** The generic part of a strategy; a kind's own functions run after it (see `combine`). */
export function genericStrategy(facts: GenericFacts): Strategy {
  const { status, initialStatus, statusOnCreate, generation, statusKeepsLabels } = facts;
  return {
    prepareForCreate(object) {
      const fields = object as Fields;
      const given = statusOnCreate ? (fields.status as object | undefined) : undefined;
      if (initialStatus) fields.status = { ...structuredClone(initialStatus), ...given };
      else if (status) delete fields.status;
      const metadata = (object.metadata ??= {});
      if (generation) metadata.generation = 1;
      else delete metadata.generation;
    },
    prepareForUpdate(object, old) {
      if (status) restore(object as Fields, old as Fields, 'status');
      keepGeneration(object, old);
      if (generation?.some(path => !semanticEqual(valueAt(object, path), valueAt(old, path))))
        object.metadata!.generation = (old.metadata?.generation ?? 0) + 1;
    },
    prepareForStatusUpdate(object, old) {
      const fields = object as Fields;
      const names = new Set([...Object.keys(object), ...Object.keys(old)]);
      for (const name of names)
        if (name !== 'status' && name !== 'metadata') restore(fields, old as Fields, name);
      keepGeneration(object, old);
      if (statusKeepsLabels) {
        if (old.metadata?.labels) object.metadata!.labels = old.metadata.labels;
        else delete object.metadata!.labels;
      }
    },
  };
}

/**
 * The validation of a kind whose updates are checked as its creations are, and then by `update`.
 * Status writes are not checked.
 */
export const alike = (
  check: (causes: Causes, object: KubeObject) => void,
  update?: (causes: Causes, object: KubeObject, old: KubeObject) => void,
): Strategy => ({
  validate: object => collect(causes => check(causes, object)),
  validateUpdate: (object, old) =>
    collect(causes => {
      check(causes, object);
      update?.(causes, object, old);
    }),
});

/** One strategy that runs `first`, then `second`: causes and warnings are joined, single answers are the second's. */
export function combine(first: Strategy, second: Strategy | undefined): Strategy {
  if (!second) return first;
  const merged: Strategy = { ...first, ...second };
  if (first.defaults && second.defaults)
    merged.defaults = object => {
      first.defaults!(object);
      second.defaults!(object);
    };
  if (first.prepareForCreate && second.prepareForCreate)
    merged.prepareForCreate = object => {
      first.prepareForCreate!(object);
      second.prepareForCreate!(object);
    };
  for (const name of ['prepareForUpdate', 'prepareForStatusUpdate'] as const) {
    const [one, two] = [first[name], second[name]];
    if (one && two)
      merged[name] = (object, old) => {
        one(object, old);
        two(object, old);
      };
  }
  if (first.validate && second.validate)
    merged.validate = object => [...first.validate!(object), ...second.validate!(object)];
  for (const name of ['validateUpdate', 'validateStatusUpdate'] as const) {
    const [one, two] = [first[name], second[name]];
    if (one && two)
      merged[name] = (object, old, subresource?: string) => [
        ...one(object, old, subresource),
        ...two(object, old, subresource),
      ];
  }
  return merged;
}
