// Objects and kinds as people name them: `deployment/myapp`, `deploy`, `deployments.apps`.
import type {
  V1ConfigMap,
  V1CronJob,
  V1DaemonSet,
  V1Deployment,
  V1EndpointSlice,
  V1Job,
  V1Lease,
  V1Namespace,
  V1Node,
  V1PersistentVolumeClaim,
  V1Pod,
  V1ReplicaSet,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
} from '../api/generated/types.ts';
import type { Registration, Registry } from '../api/registration.ts';
import type { Resource } from '../api/resource.ts';
import type { KubeObject, Stored } from '../machinery/object.ts';

/** Words that the compiler knows the type of; every other kind that is served can be named too. */
interface Known {
  configmap: V1ConfigMap;
  cronjob: V1CronJob;
  daemonset: V1DaemonSet;
  deployment: V1Deployment;
  endpointslice: V1EndpointSlice;
  job: V1Job;
  lease: V1Lease;
  namespace: V1Namespace;
  node: V1Node;
  persistentvolumeclaim: V1PersistentVolumeClaim;
  pod: V1Pod;
  replicaset: V1ReplicaSet;
  secret: V1Secret;
  service: V1Service;
  serviceaccount: V1ServiceAccount;
  statefulset: V1StatefulSet;
}

type KindObject<Word extends string> = Word extends keyof Known
  ? Known[Word]
  : Word extends `${infer Singular extends keyof Known}s`
    ? Known[Singular]
    : KubeObject & Record<string, unknown>;

/** The object that a reference `kind/name`, or a kind alone, stands for. */
export type ObjectOf<Reference extends string> = Stored<
  Reference extends `${infer Word}/${string}` ? KindObject<Word> : KindObject<Reference>
>;

/** How a resource may be called: plural, singular or short name, in any case, with `.group` or `.version.group` behind it. */
function isCalled(registration: Registration, word: string, suffix: string): boolean {
  const { resource, singular, shortNames, group, version } = registration;
  const named = resource === word || singular === word || shortNames.includes(word);
  return named && (suffix === '' || suffix === group || suffix === `${version}.${group}`);
}

/** Throws an Error for a word that no served resource has. */
export function resourceCalled(registry: Registry, kind: string): Resource {
  const [word = '', ...rest] = kind.toLowerCase().split('.');
  const suffix = rest.join('.');
  const found = registry.all().find(each => each.storagePrefix !== '' && isCalled(each, word, suffix));
  if (!found) throw new Error(`the server doesn't have a resource type "${kind}"`);
  return found;
}

/** Throws an Error for what is not `kind/name`. */
export function parseReference(registry: Registry, reference: string): { resource: Resource; name: string } {
  const [kind = '', name = '', ...rest] = reference.split('/');
  if (!kind || !name || rest.length > 0)
    throw new Error(`an object is named "kind/name", such as deployment/myapp, not "${reference}"`);
  return { resource: resourceCalled(registry, kind), name };
}
