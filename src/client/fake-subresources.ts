// Subresources that the fake client answers, by name.
import type { V1Binding, V1Pod, V1PodCondition } from '../api/generated/types.ts';
import type { Resource } from '../api/resource.ts';
import { type Clock, timestamp } from '../machinery/clock.ts';
import { conflict, methodNotSupported } from '../machinery/status-errors.ts';
import type { Any, FakeStore } from './fake-store.ts';

export interface SubresourceCall {
  store: FakeStore;
  clock: Clock;
  method: 'get' | 'create' | 'update';
  resource: Resource;
  key: string;
  body: unknown;
}

const bind = ({ store, clock, resource, key, body }: SubresourceCall): unknown => {
  const target = (body as V1Binding).target.name ?? '';
  store.update(resource, key, { uid: (body as V1Binding).metadata?.uid }, copy => {
    const pod = copy as Any & V1Pod;
    if (pod.spec?.nodeName) {
      throw conflict(
        resource,
        copy.metadata.name,
        `pod ${copy.metadata.name} is already assigned to node "${pod.spec.nodeName}"`,
      );
    }
    const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
    const scheduled: V1PodCondition = {
      type: 'PodScheduled',
      status: 'True',
      lastTransitionTime: timestamp(clock.now()),
    };
    return {
      ...pod,
      spec: { ...pod.spec!, nodeName: target },
      status: { ...pod.status, conditions: [...conditions, scheduled] },
    } as Any;
  });
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
};

const evict = ({ store, resource, key, body }: SubresourceCall): unknown => {
  store.delete(resource, key, (body as { deleteOptions?: object }).deleteOptions ?? {});
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
};

type Scalable = Any & {
  spec?: { replicas?: number; selector?: { matchLabels?: Record<string, string> } };
  status?: { replicas?: number };
};

const scale = ({ store, method, resource, key, body }: SubresourceCall): unknown => {
  const wanted = (body as { spec?: { replicas?: number } } | undefined)?.spec?.replicas;
  const object = (
    method === 'update'
      ? store.update(resource, key, {}, copy => {
          const changed = copy as Scalable;
          changed.spec = { ...changed.spec, replicas: wanted ?? 0 };
          return changed;
        })
      : store.get(resource, key)
  ) as Scalable;
  const selector = Object.entries(object.spec?.selector?.matchLabels ?? {}).map(([k, v]) => `${k}=${v}`);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec?.replicas ?? 0 },
    status: { replicas: object.status?.replicas ?? 0, selector: selector.join(',') },
  };
};

const finalize = ({ store, resource, key, body }: SubresourceCall): unknown =>
  store.update(resource, key, {}, copy => ({ ...copy, spec: (body as { spec?: object }).spec }) as Any);

const known: Readonly<Record<string, (call: SubresourceCall) => unknown>> = {
  binding: bind,
  eviction: evict,
  scale,
  finalize,
};

export function answerSubresource(name: string, call: SubresourceCall): unknown {
  const answer = known[name];
  if (!answer) throw methodNotSupported(call.resource, `${call.method} ${name}`);
  return answer(call);
}
