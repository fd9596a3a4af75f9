/** What identifies a resource on the wire. `T` is its object type; it exists for the compiler only. */
export interface Resource<T = unknown> {
  /** API group, empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case, as in paths: `pods`. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never present at run time. */
  readonly type?: T;
}

/** `apps/v1`, or `v1` for the core group. */
export const apiVersionOf = (resource: { group: string; version: string }): string =>
  resource.group ? `${resource.group}/${resource.version}` : resource.version;

/** `deployments.apps`, or `pods` for the core group: how upstream names a resource in messages. */
export const groupResource = (resource: { group: string; resource: string }): string =>
  resource.group ? `${resource.resource}.${resource.group}` : resource.resource;
