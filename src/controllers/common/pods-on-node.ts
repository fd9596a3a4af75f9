import type { V1Pod } from '../../api/generated/types.ts';
import type { Informer } from '../../client/informer.ts';
import type { Stored } from '../../machinery/object.ts';

const index = 'node';

/** Lets `podsOnNode` answer without a scan. */
export const indexByNode = (pods: Informer<V1Pod>): void =>
  pods.addIndex(index, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));

export const podsOnNode = (pods: Informer<V1Pod>, node: string): Stored<V1Pod>[] => pods.byIndex(index, node);
