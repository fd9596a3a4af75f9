// The registrations of one server, found by path parts or by kind.
import type { Registration, Registry } from './registration.ts';

const key = (group: string, version: string, name: string): string => `${group}/${version}/${name}`;

/** A registry that holds `initial`; `all()` is in the order of adding and is a new array only after a change. */
export function registryOf(initial: Iterable<Registration>): Registry {
  const resources = new Map<string, Registration>();
  const kinds = new Map<string, Registration>();
  let list: readonly Registration[] | undefined;
  const add = (registration: Registration): void => {
    const { group, version, resource, kind } = registration;
    resources.set(key(group, version, resource), registration);
    kinds.set(key(group, version, kind), registration);
    list = undefined;
  };
  for (const registration of initial) add(registration);
  return {
    all: () => (list ??= [...resources.values()]),
    find: (group, version, resource) => resources.get(key(group, version, resource)),
    byKind: (group, version, kind) => kinds.get(key(group, version, kind)),
    add,
    remove(group, version, resource) {
      const registration = resources.get(key(group, version, resource));
      if (!registration) return;
      resources.delete(key(group, version, resource));
      if (kinds.get(key(group, version, registration.kind)) === registration)
        kinds.delete(key(group, version, registration.kind));
      list = undefined;
    },
  };
}
