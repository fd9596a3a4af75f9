// "Impersonate-*" headers: who may, acts as another (apiserver pkg/endpoints/filters/impersonation).
import { badRequest } from '../../machinery/status-errors.ts';
import { authorize } from '../authorize.ts';
import type { Attributes, Authorizer, User } from '../contracts.ts';
import type { HttpRequest } from './exchange.ts';

const attributes = (
  user: User,
  resource: string,
  name: string,
  namespace = '',
  group = '',
  subresource = '',
): Attributes => ({
  user,
  verb: 'impersonate',
  group,
  version: group ? 'v1' : '',
  resource,
  subresource,
  namespace,
  name,
  path: '',
  isResource: true,
});

const serviceAccount = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The user that the request acts as; throws Forbidden if its own may not. */
export async function impersonated(authorizer: Authorizer, user: User, request: HttpRequest): Promise<User> {
  const name = request.header('impersonate-user');
  const groupHeader = request.header('impersonate-group');
  const uid = request.header('impersonate-uid');
  if (!name) {
    if (groupHeader || uid) throw badRequest('requested impersonation, without impersonating a user');
    return user;
  }
  const account = serviceAccount.exec(name);
  if (account) await authorize(authorizer, attributes(user, 'serviceaccounts', account[2]!, account[1]!));
  else await authorize(authorizer, attributes(user, 'users', name));
  let groups = groupHeader
    ? groupHeader
        .split(',')
        .map(group => group.trim())
        .filter(Boolean)
    : [];
  for (const group of groups) await authorize(authorizer, attributes(user, 'groups', group));
  if (uid) await authorize(authorizer, attributes(user, 'uids', uid, '', 'authentication.k8s.io'));
  if (account && groups.length === 0)
    groups = ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`];
  if (name === 'system:anonymous') {
    if (!groups.includes('system:unauthenticated')) groups.push('system:unauthenticated');
  } else if (!groups.includes('system:authenticated')) groups.push('system:authenticated');
  return { name, groups, ...(uid ? { uid } : {}) };
}
