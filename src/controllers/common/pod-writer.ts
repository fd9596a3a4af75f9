// Creating Pods from a template and deleting them, with the events that tell of it (upstream: pkg/controller/controller_utils.go RealPodControl).
import { pods } from '../../api/generated/resources/core.v1.ts';
import type { V1OwnerReference, V1Pod, V1PodTemplateSpec } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { isNamespaceTerminating, isNotFound } from '../../machinery/status-error.ts';
import { generateNameFor } from './names.ts';

/** A Pod as the template describes it, of `owner`. */
export function podFromTemplate(
  template: V1PodTemplateSpec | undefined,
  owner: Stored<KubeObject>,
  reference: V1OwnerReference,
): V1Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: generateNameFor(owner.metadata.name),
      namespace: owner.metadata.namespace,
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [reference],
    },
    spec: template?.spec ? { ...template.spec } : undefined,
  };
}

export interface PodWriter {
  /** Rejects with the refusal after telling of it; a namespace that is being deleted is no news. */
  create(pod: V1Pod, owner: Stored<KubeObject>): Promise<Stored<V1Pod>>;
  /** Returns false where the Pod is gone already. */
  delete(pod: Stored<V1Pod>, owner: Stored<KubeObject>): Promise<boolean>;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function createPodWriter(client: Client, events: EventRecorder): PodWriter {
  return {
    async create(pod, owner) {
      try {
        const created = await client.create(pods, pod);
        events.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
        return created;
      } catch (error) {
        if (!isNamespaceTerminating(error))
          events.event(owner, 'Warning', 'FailedCreate', `Error creating: ${textOf(error)}`);
        throw error;
      }
    },
    async delete(pod, owner) {
      const { name, namespace, uid } = pod.metadata;
      try {
        await client.delete(pods, name, namespace, { preconditions: { uid } });
      } catch (error) {
        if (isNotFound(error)) return false;
        events.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${textOf(error)}`);
        throw error;
      }
      events.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      return true;
    },
  };
}
