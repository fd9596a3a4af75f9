// Which objects a node may read because a pod of its needs them (upstream plugin/pkg/auth/authorizer/node/graph.go), as an index of pods.
import { persistentvolumes, pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Container, V1Pod, V1Volume } from '../../api/generated/types.ts';
import type { Informers } from '../../client/informer.ts';

export type ReferenceKind =
  | 'secrets'
  | 'configmaps'
  | 'persistentvolumeclaims'
  | 'serviceaccounts'
  | 'resourceclaims';

type Reference = [kind: ReferenceKind, name: string | undefined];

const ofEnvironment = ({ env = [], envFrom = [] }: V1Container): Reference[] => [
  ...envFrom.flatMap((source): Reference[] => [
    ['secrets', source.secretRef?.name],
    ['configmaps', source.configMapRef?.name],
  ]),
  ...env.flatMap(({ valueFrom }): Reference[] => [
    ['secrets', valueFrom?.secretKeyRef?.name],
    ['configmaps', valueFrom?.configMapKeyRef?.name],
  ]),
];

const ofVolume = (volume: V1Volume, pod: string): Reference[] => [
  ['secrets', volume.secret?.secretName],
  ['configmaps', volume.configMap?.name],
  ['persistentvolumeclaims', volume.persistentVolumeClaim?.claimName],
  ['persistentvolumeclaims', volume.ephemeral && `${pod}-${volume.name}`],
  ['secrets', volume.azureFile?.secretName],
  ['secrets', volume.cephfs?.secretRef?.name],
  ['secrets', volume.cinder?.secretRef?.name],
  ['secrets', volume.csi?.nodePublishSecretRef?.name],
  ['secrets', volume.flexVolume?.secretRef?.name],
  ['secrets', volume.iscsi?.secretRef?.name],
  ['secrets', volume.rbd?.secretRef?.name],
  ['secrets', volume.scaleIO?.secretRef?.name],
  ['secrets', volume.storageos?.secretRef?.name],
  ...(volume.projected?.sources ?? []).flatMap((source): Reference[] => [
    ['secrets', source.secret?.name],
    ['configmaps', source.configMap?.name],
  ]),
];

/** Everything that a pod names in its own namespace. */
export function referencesOf({ metadata, spec, status }: V1Pod): Reference[] {
  if (!spec) return [];
  const containers = [...spec.containers, ...(spec.initContainers ?? [])] as V1Container[];
  const ephemeral = (spec.ephemeralContainers ?? []) as V1Container[];
  const all: Reference[] = [
    ['serviceaccounts', spec.serviceAccountName],
    ...(spec.imagePullSecrets ?? []).map((each): Reference => ['secrets', each.name]),
    ...[...containers, ...ephemeral].flatMap(ofEnvironment),
    ...(spec.volumes ?? []).flatMap(volume => ofVolume(volume, metadata?.name ?? '')),
    ...(spec.resourceClaims ?? []).map((each): Reference => ['resourceclaims', each.resourceClaimName]),
    ...(status?.resourceClaimStatuses ?? []).map(
      (each): Reference => ['resourceclaims', each.resourceClaimName],
    ),
  ];
  return all.filter(([, name]) => name !== undefined);
}

export interface NodeReferences {
  /** True where a pod on the node, not yet ended, names the object. */
  reads(node: string, kind: ReferenceKind, namespace: string, name: string): boolean;
  /** True where a pod on the node claims the volume. */
  readsVolume(node: string, volume: string): boolean;
}

const index = 'referenced-by-node';

export function createNodeReferences(informers: Informers): NodeReferences {
  const podInformer = informers.for(pods);
  const volumes = informers.for(persistentvolumes);
  podInformer.addIndex(index, pod => {
    const node = pod.spec?.nodeName;
    if (!node) return [];
    const keys = referencesOf(pod).map(([kind, name]) => `${node}|${kind}|${pod.metadata.namespace}/${name}`);
    return [...new Set(keys)];
  });
  const reads = (node: string, kind: ReferenceKind, namespace: string, name: string): boolean =>
    podInformer.byIndex(index, `${node}|${kind}|${namespace}/${name}`).length > 0;
  return {
    reads,
    readsVolume(node, volume) {
      const claim = volumes.get(volume)?.spec?.claimRef;
      return reads(node, 'persistentvolumeclaims', claim?.namespace ?? '', claim?.name ?? '');
    },
  };
}
