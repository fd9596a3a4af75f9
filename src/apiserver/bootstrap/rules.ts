// The short hand in which the tables of bootstrap roles are written.
import type { V1PolicyRule } from '../../api/generated/types.ts';

const short: Record<string, string[]> = {
  READ: ['get', 'list', 'watch'],
  WRITE: ['create', 'delete', 'deletecollection', 'patch', 'update'],
  ALL: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  EVENT: ['create', 'patch', 'update'],
};
const words = (text: string): string[] => text.trim().split(/\s+/);

/**
 * `apps extensions: deployments replicasets: READ update` is a rule for two groups; `core` is the core group.
 * A fourth part lists resource names; one that starts with `/` is a rule for paths (`/healthz /livez: get`).
 */
export function rule(text: string): V1PolicyRule {
  const parts = text.split(/:\s/);
  const verbsOf = (part: string): string[] => words(part).flatMap(verb => short[verb] ?? [verb]);
  if (text.startsWith('/')) return { nonResourceURLs: words(parts[0]!), verbs: verbsOf(parts[1]!) };
  const [groups, resources, verbs, names] = parts as [string, string, string, string | undefined];
  return {
    apiGroups: words(groups).map(group => (group === 'core' ? '' : group)),
    ...(names ? { resourceNames: words(names) } : {}),
    resources: words(resources),
    verbs: verbsOf(verbs).sort(),
  };
}

export const rules = (lines: readonly string[]): V1PolicyRule[] => lines.map(rule);

/** What nearly every component may do. */
export const events = 'core events.k8s.io: events: EVENT';
