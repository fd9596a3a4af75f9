// Who a ServiceAccount token stands for, as long as what it is bound to exists (upstream pkg/serviceaccount/claims.go).
import { nodes, pods, secrets, serviceaccounts } from '../../api/generated/resources/core.v1.ts';
import type { Resource } from '../../api/resource.ts';
import type { Client } from '../../client/client.ts';
import type { Informers, Lister } from '../../client/informer.ts';
import type { Clock } from '../../machinery/clock.ts';
import type { Stored } from '../../machinery/object.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { User } from '../contracts.ts';
import type { TokenAuthenticator } from './bearer.ts';
import type { BoundObject, PrivateClaims, TokenIssuer } from './tokens.ts';

/** An object that is being deleted may use its token for as long as this. */
const graceAfterDeletion = 60_000;

export function serviceAccountUser(claims: PrivateClaims, tokenId?: string): User {
  const { namespace, serviceaccount, pod, node } = claims;
  const extra: Record<string, string[]> = {
    ...(tokenId ? { 'authentication.kubernetes.io/credential-id': [`JTI=${tokenId}`] } : {}),
    ...(node
      ? {
          'authentication.kubernetes.io/node-name': [node.name],
          'authentication.kubernetes.io/node-uid': [node.uid],
        }
      : {}),
    ...(pod
      ? {
          'authentication.kubernetes.io/pod-name': [pod.name],
          'authentication.kubernetes.io/pod-uid': [pod.uid],
        }
      : {}),
  };
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

export interface ServiceAccountOptions {
  issuer: TokenIssuer;
  informers: Informers;
  client: Client;
  clock: Clock;
}

/** Accepts tokens for one of `audiences`, or for the API server when none are given. */
export function serviceAccountTokens(options: ServiceAccountOptions): TokenAuthenticator {
  const { issuer, informers, client, clock } = options;
  const accounts = informers.for(serviceaccounts);
  const podLister = informers.for(pods);

  /** True while the object is there with the same uid; a cache that does not know it (yet) is not believed. */
  const exists = async <T>(
    resource: Resource<T>,
    lister: Lister<T> | undefined,
    { name, uid }: BoundObject,
    namespace: string,
  ): Promise<boolean> => {
    const alive = ({ metadata }: Stored<T>): boolean =>
      metadata.uid === uid &&
      (!metadata.deletionTimestamp ||
        Date.parse(metadata.deletionTimestamp) + graceAfterDeletion > clock.now());
    const cached = lister?.get(namespace ? `${namespace}/${name}` : name);
    if (cached && alive(cached)) return true;
    try {
      return alive(await client.get(resource, name, namespace || undefined));
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  };

  return async (token, audiences = issuer.audiences) => {
    const claims = await issuer.verify(token);
    if (!claims?.aud.some(audience => audiences.includes(audience))) return undefined;
    const own = claims['kubernetes.io'];
    const { namespace, serviceaccount, pod, node, secret } = own;
    if (claims.sub !== `system:serviceaccount:${namespace}:${serviceaccount.name}`) return undefined;
    if (!(await exists(serviceaccounts, accounts, serviceaccount, namespace))) return undefined;
    if (pod && !(await exists(pods, podLister, pod, namespace))) return undefined;
    if (secret && !(await exists(secrets, undefined, secret, namespace))) return undefined;
    // A token for a pod names the pod's node for information only.
    if (node && !pod && !(await exists(nodes, undefined, node, ''))) return undefined;
    return serviceAccountUser(own, claims.jti);
  };
}
