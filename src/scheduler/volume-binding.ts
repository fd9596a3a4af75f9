// Claims that wait for their first pod: which volume each gets is decided with the node, and made so before the pod is bound.
import { persistentvolumeclaims, persistentvolumes } from '../api/generated/resources/core.v1.ts';
import type { V1PersistentVolume, V1PersistentVolumeClaim } from '../api/generated/types.ts';
import type { ComponentContext } from '../client/component.ts';
import { type NodeLabels, selectorMatcher } from '../machinery/node-affinity.ts';
import type { Stored } from '../machinery/object.ts';
import type { Lookups } from './framework.ts';
import type { PodInfo } from './pod-info.ts';
import { amountOf } from './resources.ts';
import { claimsOf, fitsClaim, waitsForConsumer } from './volumes.ts';

const bindTimeoutMs = 600_000;
const selectedNode = 'volume.kubernetes.io/selected-node';

const isBound = (claim: V1PersistentVolumeClaim | undefined): boolean =>
  claim?.spec?.volumeName !== undefined &&
  claim.metadata?.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined;

const waiting = (lookups: Lookups, { pod, namespace }: PodInfo): V1PersistentVolumeClaim[] =>
  claimsOf(pod)
    .map(name => lookups.claim(`${namespace}/${name}`))
    .filter(claim => claim !== undefined)
    .filter(claim => !isBound(claim) && waitsForConsumer(claim, lookups));

const size = ({ spec }: V1PersistentVolume): number => amountOf('storage', spec?.capacity?.storage ?? '0');

/** The smallest free volume for the claim that the node reaches. */
function smallest(
  claim: V1PersistentVolumeClaim,
  node: NodeLabels,
  lookups: Lookups,
  taken: ReadonlySet<string>,
): Stored<V1PersistentVolume> | undefined {
  const free = lookups.volumesOfClass(claim.spec?.storageClassName ?? '').filter(volume => {
    const required = volume.spec?.nodeAffinity?.required;
    const reached = !required || selectorMatcher(required)(node);
    return reached && !taken.has(volume.metadata?.name ?? '') && fitsClaim(volume, claim);
  });
  return free.sort((a, b) => size(a) - size(b))[0] as Stored<V1PersistentVolume> | undefined;
}

/** Volumes promised to pods whose bindings are under way, by the pod's key: no two pods may count on one. */
const promised = new WeakMap<Lookups, Map<string, Map<string, Stored<V1PersistentVolume>>>>();

/** Chooses volumes for a pod that is about to be bound to a node. */
export function reserveVolumes(lookups: Lookups, info: PodInfo, node: NodeLabels): void {
  const claims = waiting(lookups, info);
  if (claims.length === 0) return;
  let all = promised.get(lookups);
  if (!all) promised.set(lookups, (all = new Map()));
  const taken = new Set(
    [...all.values()].flatMap(chosen => [...chosen.values()].map(({ metadata }) => metadata.name)),
  );
  const chosen = new Map<string, Stored<V1PersistentVolume>>();
  for (const claim of claims) {
    const volume = smallest(claim, node, lookups, taken);
    if (!volume) continue;
    chosen.set(claim.metadata?.name ?? '', volume);
    taken.add(volume.metadata.name);
  }
  all.set(info.key, chosen);
}

/** Resolves once all claims of the pod are bound; rejects after ten minutes, as upstream's. */
function whenBound(
  { informers, clock }: ComponentContext,
  { namespace }: PodInfo,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const claims = informers.for(persistentvolumeclaims);
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      timer.cancel();
      remove();
      signal.removeEventListener('abort', abort);
      end();
    };
    const abort = (): void => settle(() => reject(signal.reason));
    const timer = clock.timer(bindTimeoutMs, () =>
      settle(() => reject(new Error('binding volumes: timed out waiting for the condition'))),
    );
    const check = (): void => {
      if (names.every(name => isBound(claims.get(`${namespace}/${name}`)))) settle(resolve);
    };
    const remove = claims.addHandler({ updated: check });
    signal.addEventListener('abort', abort, { once: true });
    check();
  });
}

/** Reserves the chosen volumes for their claims, asks provisioners for the others, and waits until all are bound. */
export async function bindVolumes(
  context: ComponentContext,
  lookups: Lookups,
  info: PodInfo,
  node: string,
  signal: AbortSignal,
): Promise<void> {
  const all = promised.get(lookups);
  const chosen = all?.get(info.key);
  if (!all || !chosen) return;
  const { client } = context;
  const claims = waiting(lookups, info) as Stored<V1PersistentVolumeClaim>[];
  try {
    for (const claim of claims) {
      const { name, namespace, uid, resourceVersion } = claim.metadata;
      const volume = chosen.get(name);
      if (volume) {
        const claimRef = {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          name,
          namespace,
          uid,
          resourceVersion,
        };
        const annotations = { ...volume.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' };
        const metadata = { ...volume.metadata, annotations };
        await client.update(persistentvolumes, { ...volume, metadata, spec: { ...volume.spec, claimRef } });
      } else {
        const metadata = { uid, annotations: { [selectedNode]: node } };
        await client.patch(persistentvolumeclaims, name, namespace, { type: 'merge', body: { metadata } });
      }
    }
    const names = claims.map(({ metadata }) => metadata.name);
    if (names.length > 0) await whenBound(context, info, names, signal);
  } finally {
    all.delete(info.key);
  }
}
