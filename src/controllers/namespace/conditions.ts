// The five conditions of a namespace that is being deleted (upstream: pkg/controller/namespace/deletion/status_condition_utils.go).
import type { V1NamespaceCondition } from '../../api/generated/types.ts';
import type { Resource } from '../../api/resource.ts';
import type { Clock } from '../../machinery/clock.ts';
import { setCondition } from '../../machinery/conditions.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** What a round of deletion found left, for each resource; `error` where asking or deleting failed. */
export interface Remainder {
  resource: Resource;
  objects: readonly KubeObject[];
  error?: unknown;
}

interface Facts {
  status: 'True' | 'False';
  reason: string;
  message: string;
}

const fine = (reason: string, message: string): Facts => ({ status: 'False', reason, message });
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function contentFailure(remainders: readonly Remainder[]): Facts {
  const errors = remainders.filter(({ error }) => error !== undefined).map(({ error }) => textOf(error));
  if (errors.length === 0)
    return fine('ContentDeleted', 'All content successfully deleted, may be waiting on finalization');
  const list = errors.sort().join(', ');
  const message = `Failed to delete all resource types, ${errors.length} remaining: ${list}`;
  return { status: 'True', reason: 'ContentDeletionFailed', message };
}

function contentRemaining(remainders: readonly Remainder[]): Facts {
  const parts = remainders
    .filter(({ objects }) => objects.length > 0)
    .map(
      ({ resource, objects }) =>
        `${resource.resource}.${resource.group} has ${objects.length} resource instances`,
    );
  if (parts.length === 0) return fine('ContentRemoved', 'All content successfully removed');
  const message = `Some resources are remaining: ${parts.sort().join(', ')}`;
  return { status: 'True', reason: 'SomeResourcesRemain', message };
}

function finalizersRemaining(remainders: readonly Remainder[]): Facts {
  const counts = new Map<string, number>();
  for (const { objects } of remainders)
    for (const object of objects)
      for (const finalizer of object.metadata?.finalizers ?? [])
        counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  if (counts.size === 0) return fine('ContentRemoved', 'All content successfully removed');
  const parts = [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  const message = `Some finalizers are remaining: ${parts.sort().join(', ')}`;
  return { status: 'True', reason: 'SomeFinalizerRemain', message };
}

/** The conditions after a round, or undefined where they are as before. Group versions of ours always parse. */
export function deletionConditions(
  current: readonly V1NamespaceCondition[] | undefined,
  remainders: readonly Remainder[],
  clock: Clock,
): V1NamespaceCondition[] | undefined {
  const facts: [string, Facts][] = [
    [
      'NamespaceDeletionDiscoveryFailure',
      fine('ResourcesDiscovered', 'All resources successfully discovered'),
    ],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      fine('ParsedGroupVersions', 'All legacy kube types successfully parsed'),
    ],
    ['NamespaceDeletionContentFailure', contentFailure(remainders)],
    ['NamespaceContentRemaining', contentRemaining(remainders)],
    ['NamespaceFinalizersRemaining', finalizersRemaining(remainders)],
  ];
  let next: readonly V1NamespaceCondition[] = current ?? [];
  for (const [type, fact] of facts) next = setCondition<V1NamespaceCondition>(next, { type, ...fact }, clock);
  return next === current ? undefined : [...next];
}
