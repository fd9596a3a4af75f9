// Secrets that hold ServiceAccount tokens (upstream: pkg/controller/serviceaccount/tokens_controller.go): filled where asked for, gone with their account.
import { secrets, serviceaccounts } from '../../api/generated/resources/core.v1.ts';
import type { V1Secret, V1ServiceAccount } from '../../api/generated/types.ts';
import type { ComponentContext } from '../../client/component.ts';
import { type Controller, watching } from '../../client/controller.ts';
import { keyOf, type Stored } from '../../machinery/object.ts';
import { isNotFound } from '../../machinery/status-error.ts';

const tokenType = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';
const accountIndex = 'service-account';

export interface TokenOptions {
  /** PEM of the cluster's CA, for `ca.crt`. */
  ca?: string;
  /** Signs a token without an end for a Secret of this account; absent: such Secrets stay empty. */
  sign?(account: Stored<V1ServiceAccount>, secret: Stored<V1Secret>): Promise<string>;
}

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Keys are those of Secrets. */
export function createTokenController(context: ComponentContext, options: TokenOptions): Controller {
  const { client, informers } = context;
  const secretCache = informers.for(secrets);
  const accountCache = informers.for(serviceaccounts);
  const accountOf = (secret: Stored<V1Secret>): string =>
    `${secret.metadata.namespace}/${secret.metadata.annotations?.[nameAnnotation] ?? ''}`;
  secretCache.addIndex(accountIndex, secret => (secret.type === tokenType ? [accountOf(secret)] : []));

  const fill = async (secret: Stored<V1Secret>, account: Stored<V1ServiceAccount>): Promise<void> => {
    const { token, namespace } = secret.data ?? {};
    const annotated = secret.metadata.annotations?.[uidAnnotation] === account.metadata.uid;
    const hasCa = options.ca === undefined || secret.data?.['ca.crt'] === base64(options.ca);
    if (!options.sign || (token && namespace && annotated && hasCa)) return;
    await client.update(secrets, {
      ...secret,
      metadata: {
        ...secret.metadata,
        annotations: { ...secret.metadata.annotations, [uidAnnotation]: account.metadata.uid },
      },
      data: {
        ...secret.data,
        ...(options.ca === undefined ? {} : { 'ca.crt': base64(options.ca) }),
        namespace: base64(account.metadata.namespace!),
        token: token ?? base64(await options.sign(account, secret)),
      },
    });
  };

  return {
    name: 'serviceaccount-token',
    watches: [
      watching({ resource: secrets, keys: secret => (secret.type === tokenType ? [keyOf(secret)] : []) }),
      watching({
        resource: serviceaccounts,
        keys: (account, previous) =>
          previous ? [] : secretCache.byIndex(accountIndex, keyOf(account)).map(secret => keyOf(secret)),
      }),
    ],
    async reconcile(key) {
      const secret = secretCache.get(key);
      if (secret?.type !== tokenType || secret.metadata.deletionTimestamp) return undefined;
      const name = secret.metadata.annotations?.[nameAnnotation];
      const uid = secret.metadata.annotations?.[uidAnnotation];
      let account = accountCache.get(accountOf(secret));
      if (!account && name) {
        // The cache may be behind a new account: only the API itself proves that there is none.
        account = await client.get(serviceaccounts, name, secret.metadata.namespace).catch(error => {
          if (isNotFound(error)) return undefined;
          throw error;
        });
      }
      if (account && (!uid || uid === account.metadata.uid)) {
        if (!account.metadata.deletionTimestamp) await fill(secret, account);
        return undefined;
      }
      try {
        await client.delete(secrets, secret.metadata.name, secret.metadata.namespace, {
          preconditions: { uid: secret.metadata.uid },
        });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  };
}
