// Makes the `default` ServiceAccount of every namespace (upstream: pkg/controller/serviceaccount/serviceaccounts_controller.go).
import { namespaces, serviceaccounts } from '../../api/generated/resources/core.v1.ts';
import type { ComponentContext } from '../../client/component.ts';
import { type Controller, watching } from '../../client/controller.ts';
import { isAlreadyExists } from '../../machinery/status-error.ts';

const defaultName = 'default';

/** Keys are names of namespaces. */
export function createServiceAccountController({ client, informers }: ComponentContext): Controller {
  const namespaceCache = informers.for(namespaces);
  const accountCache = informers.for(serviceaccounts);
  return {
    name: 'serviceaccount',
    watches: [
      watching({ resource: namespaces }),
      watching({
        resource: serviceaccounts,
        keys: ({ metadata }) => (metadata.name === defaultName ? [metadata.namespace!] : []),
      }),
    ],
    async reconcile(namespace) {
      const found = namespaceCache.get(namespace);
      if (!found || found.metadata.deletionTimestamp || accountCache.get(`${namespace}/${defaultName}`))
        return undefined;
      try {
        await client.create(serviceaccounts, {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: defaultName, namespace },
        });
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
      return undefined;
    },
  };
}
