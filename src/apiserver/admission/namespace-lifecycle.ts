// Nothing is created in a namespace that is missing or on its way out (apiserver pkg/admission/plugin/namespace/lifecycle).
import { namespaces } from '../../api/generated/resources/core.v1.ts';
import type { V1Namespace } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { Informers } from '../../client/informer.ts';
import { isNotFound, StatusError } from '../../machinery/status-error.ts';
import { forbidden, notFound } from '../../machinery/status-errors.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contracts.ts';
import { refuse } from './refuse.ts';

const immortal = new Set(['default', 'kube-system', 'kube-public']);

const isLeaving = (namespace: V1Namespace): boolean =>
  namespace.status?.phase === 'Terminating' || namespace.metadata?.deletionTimestamp !== undefined;

export function namespaceLifecycle(informers: Informers, client: Client): AdmissionPlugin {
  const informer = informers.for(namespaces);

  /** The cache may be behind: what it does not know is asked for. */
  const find = async (name: string): Promise<V1Namespace | undefined> => {
    const cached = informer.get(name);
    if (cached) return cached;
    try {
      return await client.get(namespaces, name);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const terminating = (request: AdmissionRequest): StatusError => {
    const { namespace } = request;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const { message, details } = refuse(request, why);
    const cause = {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    };
    return new StatusError('Forbidden', message, { ...details, causes: [cause] });
  };

  return {
    name: 'NamespaceLifecycle',
    admit(request) {
      const { operation, registration, namespace, name } = request;
      if (registration.group === '' && registration.resource === 'namespaces') {
        if (operation === 'DELETE' && immortal.has(name))
          throw forbidden(registration, name, 'this namespace may not be deleted');
        return;
      }
      if (!namespace || operation === 'DELETE' || operation === 'CONNECT') return;
      // Whoever may ask in a namespace may ask before it is there.
      if (registration.resource === 'localsubjectaccessreviews') return;
      const known = informer.get(namespace);
      if (known && !isLeaving(known)) return;
      return find(namespace).then(found => {
        if (!found) throw notFound(namespaces, namespace);
        if (operation === 'CREATE' && isLeaving(found)) throw terminating(request);
      });
    },
    validate(request) {
      // Deletions are not admitted but validated.
      if (request.operation === 'DELETE') return this.admit?.(request);
    },
  };
}
