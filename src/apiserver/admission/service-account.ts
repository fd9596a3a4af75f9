// Every Pod runs as a ServiceAccount and finds its token where programs look for it (upstream plugin/pkg/admission/serviceaccount, v1.36).
import { serviceaccounts } from '../../api/generated/resources/core.v1.ts';
import type { V1Container, V1Pod, V1ServiceAccount, V1Volume } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { Informers } from '../../client/informer.ts';
import { type Clock, sleep } from '../../machinery/clock.ts';
import { type Random, randomSuffix } from '../../machinery/random.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contracts.ts';
import { isFor, refuse } from './refuse.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const volumePrefix = 'kube-api-access-';
/** Seconds; the kubelet asks for a new token in time. */
const tokenSeconds = 3607;
/** A new namespace's `default` account may be a moment away. */
const waits = 10;
const waitMs = 100;

const tokenVolume = (name: string): V1Volume => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 420,
  },
});

function mountToken(pod: V1Pod, random: Random): void {
  const spec = pod.spec!;
  const containers = [...(spec.initContainers ?? []), ...spec.containers] as V1Container[];
  const without = containers.filter(
    container => !container.volumeMounts?.some(mount => mount.mountPath === mountPath),
  );
  if (without.length === 0) return;
  const existing = spec.volumes?.find(volume => volume.name.startsWith(volumePrefix));
  const name = existing?.name ?? volumePrefix + randomSuffix(random);
  for (const container of without)
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
  if (!existing) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

export interface ServiceAccountContext {
  informers: Informers;
  client: Client;
  clock: Clock;
  random: Random;
}

export function serviceAccountAdmission({
  informers,
  client,
  clock,
  random,
}: ServiceAccountContext): AdmissionPlugin {
  const informer = informers.for(serviceaccounts);

  const find = async (namespace: string, name: string): Promise<V1ServiceAccount | undefined> => {
    const cached = informer.get(`${namespace}/${name}`);
    if (cached) return cached;
    const attempts = name === 'default' ? waits : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.get(serviceaccounts, name, namespace);
      } catch (error) {
        if (!isNotFound(error)) throw error;
        if (attempt === attempts) return undefined;
        await sleep(clock, waitMs + random.next() * waitMs);
      }
    }
  };

  const admitMirror = (request: AdmissionRequest, pod: V1Pod): void => {
    const refuseWith = (what: string) => refuse(request, `a mirror pod may not reference ${what}`);
    if (pod.spec?.serviceAccountName) throw refuseWith('service accounts');
    const reference = (pod.spec?.volumes ?? []).find(volume =>
      volume.projected?.sources?.some(source => source.serviceAccountToken),
    );
    if (reference) throw refuseWith('service account token volume projections');
    if ((pod.spec?.volumes ?? []).some(volume => volume.secret)) throw refuseWith('secrets');
  };

  const apply = (pod: V1Pod, account: V1ServiceAccount): void => {
    const spec = pod.spec!;
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)
      mountToken(pod, random);
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
      spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
  };

  return {
    name: 'ServiceAccount',
    admit(request) {
      if (request.operation !== 'CREATE' || !isFor(request, '', 'pods')) return;
      const pod = request.object as V1Pod;
      if (!pod.spec) return;
      if (pod.metadata?.annotations?.['kubernetes.io/config.mirror']) return admitMirror(request, pod);
      const name = (pod.spec.serviceAccountName ||= pod.spec.serviceAccount || 'default');
      pod.spec.serviceAccount = name;
      const known = informer.get(`${request.namespace}/${name}`);
      if (known) return apply(pod, known);
      return find(request.namespace, name).then(account => {
        if (!account) {
          throw refuse(
            request,
            `error looking up service account ${request.namespace}/${name}: serviceaccount "${name}" not found`,
          );
        }
        apply(pod, account);
      });
    },
  };
}
