// What a rule of RBAC allows, and whether rules cover others (component-helpers auth/rbac/validation/policy_comparator.go, v1.36).
import type { V1PolicyRule } from '../../api/generated/types.ts';
import type { Attributes } from '../contracts.ts';

const all = '*';
const has = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes(value) || list.includes(all));

const pathMatches = (pattern: string, path: string): boolean =>
  pattern === all ||
  pattern === path ||
  (pattern.endsWith(all) && path.startsWith(pattern.replace(/\*+$/, '')));

function resourceMatches(rule: V1PolicyRule, resource: string, subresource: string): boolean {
  const list = rule.resources ?? [];
  if (list.includes(all)) return true;
  const combined = subresource ? `${resource}/${subresource}` : resource;
  return list.includes(combined) || (subresource !== '' && list.includes(`*/${subresource}`));
}

/** True where one rule allows the request by itself. */
export function ruleAllows(rule: V1PolicyRule, request: Attributes): boolean {
  if (!has(rule.verbs, request.verb)) return false;
  if (!request.isResource) return (rule.nonResourceURLs ?? []).some(url => pathMatches(url, request.path));
  return (
    has(rule.apiGroups, request.group) &&
    resourceMatches(rule, request.resource, request.subresource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(request.name))
  );
}

/** The same permissions as rules of one verb and one resource (or path) each. */
function breakDown(rule: V1PolicyRule): V1PolicyRule[] {
  const parts: V1PolicyRule[] = [];
  for (const verb of rule.verbs ?? []) {
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const base = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (!rule.resourceNames?.length) parts.push(base);
        else for (const name of rule.resourceNames) parts.push({ ...base, resourceNames: [name] });
      }
    }
    for (const url of rule.nonResourceURLs ?? []) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  }
  return parts;
}

/** `part` is of one verb and one resource. */
function covers(rule: V1PolicyRule, part: V1PolicyRule): boolean {
  if (!has(rule.verbs, part.verbs[0]!)) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some(own => pathMatches(own, url));
  const resource = part.resources![0]!;
  const slash = resource.indexOf('/');
  const resourceCovered =
    has(rule.resources, resource) || (slash >= 0 && rule.resources?.includes(`*${resource.slice(slash)}`));
  const name = part.resourceNames?.[0];
  return (
    has(rule.apiGroups, part.apiGroups![0]!) &&
    resourceCovered === true &&
    (!rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name)))
  );
}

/** What `wanted` allows and `held` does not, as rules of one verb each. */
export const uncovered = (held: readonly V1PolicyRule[], wanted: readonly V1PolicyRule[]): V1PolicyRule[] =>
  wanted.flatMap(breakDown).filter(part => !held.some(rule => covers(rule, part)));

const quoted = (list: readonly string[]): string => `[${list.map(each => JSON.stringify(each)).join(' ')}]`;

/** Lines as upstream prints missing rules: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function describeRules(parts: readonly V1PolicyRule[]): string[] {
  const verbs = new Map<string, string[]>();
  for (const part of parts) {
    const fields = [
      part.apiGroups && `APIGroups:${quoted(part.apiGroups)}`,
      part.resources && `Resources:${quoted(part.resources)}`,
      part.resourceNames && `ResourceNames:${quoted(part.resourceNames)}`,
      part.nonResourceURLs && `NonResourceURLs:${quoted(part.nonResourceURLs)}`,
    ];
    const key = fields.filter(Boolean).join(', ');
    verbs.set(key, [...(verbs.get(key) ?? []), ...part.verbs]);
  }
  return [...verbs].map(([key, list]) => `{${key}, Verbs:${quoted([...new Set(list)])}}`).sort();
}
