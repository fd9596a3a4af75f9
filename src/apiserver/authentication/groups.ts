import type { User } from '../contracts.ts';

export const authenticated = 'system:authenticated';
export const unauthenticated = 'system:unauthenticated';

/** Everyone who has proven who they are is in this group. */
export const withAuthenticated = (user: User): User =>
  user.groups.includes(authenticated) || user.groups.includes(unauthenticated)
    ? user
    : { ...user, groups: [...user.groups, authenticated] };

export const anonymousUser: User = { name: 'system:anonymous', groups: [unauthenticated] };
