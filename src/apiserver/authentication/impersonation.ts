// `--as` and `--as-group` (apiserver pkg/endpoints/filters/impersonation): who the request wants to be, if the user may.
import { badRequest, internalError } from '../../machinery/status-errors.ts';
import { deniedError } from '../authorization/messages.ts';
import type { Attributes, Authorizer, User } from '../contracts.ts';
import { authenticated, unauthenticated } from './groups.ts';

/** Request headers; names in lower case, values in the order they came. */
export type HeaderLists = Iterable<readonly [name: string, values: readonly string[]]>;

interface Wish {
  resource: string;
  group: string;
  namespace: string;
  name: string;
  subresource: string;
}

const extraPrefix = 'impersonate-extra-';
const account = /^system:serviceaccount:([^:]+):([^:]+)$/;

function read(headers: HeaderLists) {
  const found = { user: '', uid: '', groups: [] as string[], extra: {} as Record<string, string[]> };
  for (const [name, values] of headers) {
    if (name === 'impersonate-user') found.user = values[0] ?? '';
    else if (name === 'impersonate-uid') found.uid = values[0] ?? '';
    else if (name === 'impersonate-group') found.groups.push(...values);
    else if (name.startsWith(extraPrefix)) {
      const key = decodeURIComponent(name.slice(extraPrefix.length));
      found.extra[key] = [...(found.extra[key] ?? []), ...values];
    }
  }
  return found;
}

/**
 * The user that the request is to be handled as: `user` itself where no header asks for another.
 * Throws BadRequest for half a wish and Forbidden for one that is not allowed.
 */
export async function impersonate(user: User, headers: HeaderLists, authorizer: Authorizer): Promise<User> {
  const wish = read(headers);
  const rest = wish.groups.length > 0 || wish.uid !== '' || Object.keys(wish.extra).length > 0;
  if (!wish.user) {
    if (!rest) return user;
    throw internalError(
      `requested ${JSON.stringify([wish.groups, wish.extra, wish.uid])} without impersonating a user`,
    );
  }
  const [, namespace, name] = account.exec(wish.user) ?? [];
  const wishes: Wish[] = [
    namespace && name
      ? { resource: 'serviceaccounts', group: '', namespace, name, subresource: '' }
      : { resource: 'users', group: '', namespace: '', name: wish.user, subresource: '' },
    ...wish.groups.map(each => ({
      resource: 'groups',
      group: '',
      namespace: '',
      name: each,
      subresource: '',
    })),
    ...Object.entries(wish.extra).flatMap(([key, values]) =>
      values.map(value => ({
        resource: 'userextras',
        group: 'authentication.k8s.io',
        namespace: '',
        name: value,
        subresource: key,
      })),
    ),
    ...(wish.uid
      ? [{ resource: 'uids', group: 'authentication.k8s.io', namespace: '', name: wish.uid, subresource: '' }]
      : []),
  ];
  for (const each of wishes) {
    const attributes: Attributes = {
      ...each,
      user,
      verb: 'impersonate',
      version: each.group ? 'v1' : '',
      path: '',
      isResource: true,
    };
    const decision = await authorizer(attributes);
    if (!decision.allowed) throw deniedError(attributes, decision.reason);
  }
  return {
    name: wish.user,
    groups: groupsOf(wish.user, wish.groups, namespace),
    ...(wish.uid ? { uid: wish.uid } : {}),
    ...(Object.keys(wish.extra).length > 0 ? { extra: wish.extra } : {}),
  };
}

function groupsOf(name: string, asked: readonly string[], namespace: string | undefined): string[] {
  if (asked.includes(unauthenticated) && asked.includes(authenticated))
    throw badRequest('a request cannot be both authenticated and unauthenticated');
  const own =
    asked.length === 0 && namespace
      ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
      : [...asked];
  const anonymous = name === 'system:anonymous';
  const base = anonymous ? unauthenticated : authenticated;
  return own.includes(authenticated) || own.includes(unauthenticated) ? own : [...own, base];
}
