// Tokens with which new nodes introduce themselves (upstream plugin/pkg/auth/authenticator/token/bootstrap).
import { secrets } from '../../api/generated/resources/core.v1.ts';
import type { V1Secret } from '../../api/generated/types.ts';
import type { Informers } from '../../client/informer.ts';
import type { Clock } from '../../machinery/clock.ts';
import type { TokenAuthenticator } from './bearer.ts';

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupForm = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const decode = (secret: V1Secret, key: string): string => {
  const value = secret.data?.[key];
  return value === undefined ? '' : atob(value);
};

/** Takes as long for a wrong secret as for a right one. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % (b.length || 1));
  return difference === 0;
}

export function bootstrapTokens(informers: Informers, clock: Clock): TokenAuthenticator {
  const informer = informers.for(secrets, {
    namespace: 'kube-system',
    fieldSelector: 'type=bootstrap.kubernetes.io/token',
  });
  return async token => {
    const [, id, key] = form.exec(token) ?? [];
    if (!id || !key) return undefined;
    await informer.whenSynced();
    const secret = informer.get(`kube-system/bootstrap-token-${id}`);
    if (!secret || secret.metadata.deletionTimestamp) return undefined;
    if (secret.type !== 'bootstrap.kubernetes.io/token' || decode(secret, 'token-id') !== id)
      return undefined;
    if (!sameText(decode(secret, 'token-secret'), key)) return undefined;
    const expiration = decode(secret, 'expiration');
    if (expiration && !(Date.parse(expiration) > clock.now())) return undefined;
    if (decode(secret, 'usage-bootstrap-authentication') !== 'true') return undefined;
    const extra = decode(secret, 'auth-extra-groups').split(',').filter(Boolean);
    if (extra.some(group => !groupForm.test(group))) return undefined;
    return { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...extra] };
  };
}
