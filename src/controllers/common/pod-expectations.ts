import type { V1Pod } from '../../api/generated/types.ts';
import type { Watch } from '../../client/controller.ts';
import type { Expectations } from '../../client/expectations.ts';
import { controllerOf, type Stored } from '../../machinery/object.ts';

/** What a Pod event tells the expectations of owners of this kind; a Pod that is being deleted counts as deleted. */
export function observePods(expectations: Expectations, kind: string): NonNullable<Watch<V1Pod>['observe']> {
  const ownerKey = (pod: Stored<V1Pod>): string | undefined => {
    const owner = controllerOf(pod);
    return owner?.kind === kind ? `${pod.metadata.namespace}/${owner.name}` : undefined;
  };
  return (event, pod, previous) => {
    const key = ownerKey(pod);
    if (key === undefined) return;
    const { uid, deletionTimestamp } = pod.metadata;
    if (event === 'deleted' || deletionTimestamp) expectations.deleted(key, uid);
    else if (event === 'added' && !previous) expectations.created(key);
  };
}
