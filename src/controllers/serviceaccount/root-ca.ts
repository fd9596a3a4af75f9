// Publishes the cluster's CA to every namespace (upstream: pkg/controller/certificates/rootcacertpublisher).
import { configmaps, namespaces } from '../../api/generated/resources/core.v1.ts';
import type { ComponentContext } from '../../client/component.ts';
import { type Controller, watching } from '../../client/controller.ts';

const mapName = 'kube-root-ca.crt';
const descriptionAnnotation = 'kubernetes.io/description';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** `ca` is the bundle in PEM. Keys are names of namespaces. */
export function createRootCaPublisher({ client, informers }: ComponentContext, ca: string): Controller {
  const namespaceCache = informers.for(namespaces);
  const mapCache = informers.for(configmaps);
  return {
    name: 'root-ca-cert-publisher',
    watches: [
      watching({ resource: namespaces }),
      watching({
        resource: configmaps,
        keys: ({ metadata }) => (metadata.name === mapName ? [metadata.namespace!] : []),
      }),
    ],
    async reconcile(namespace) {
      const found = namespaceCache.get(namespace);
      if (!found || found.metadata.deletionTimestamp) return undefined;
      const current = mapCache.get(`${namespace}/${mapName}`);
      const data = { 'ca.crt': ca };
      if (!current) {
        const metadata = { name: mapName, namespace, annotations: { [descriptionAnnotation]: description } };
        await client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
        return undefined;
      }
      const annotated = current.metadata.annotations?.[descriptionAnnotation] === description;
      if (annotated && current.data?.['ca.crt'] === ca && Object.keys(current.data).length === 1)
        return undefined;
      const annotations = { ...current.metadata.annotations, [descriptionAnnotation]: description };
      await client.update(configmaps, { ...current, metadata: { ...current.metadata, annotations }, data });
      return undefined;
    },
  };
}
