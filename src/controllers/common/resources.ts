import type { Resource } from '../../api/resource.ts';

/** What discovery tells of a resource; an API `Registration` is one. */
export interface ServedResource extends Resource {
  readonly verbs: readonly string[];
}

/** All resources that the server serves now; asked anew each time, since CustomResourceDefinitions come and go. */
export type ServedResources = () => readonly ServedResource[];

/** One version of each resource that answers all of `verbs`: the first that is served. */
export function withVerbs(resources: readonly ServedResource[], ...verbs: string[]): ServedResource[] {
  const found = new Map<string, ServedResource>();
  for (const resource of resources) {
    const key = `${resource.resource}.${resource.group}`;
    if (!found.has(key) && verbs.every(verb => resource.verbs.includes(verb))) found.set(key, resource);
  }
  return [...found.values()];
}
