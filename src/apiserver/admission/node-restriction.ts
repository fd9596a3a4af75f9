// What a kubelet may write (upstream plugin/pkg/admission/noderestriction, v1.36): its own Node, its own Pods, its own leases.
import { pods } from '../../api/generated/resources/core.v1.ts';
import type { AuthenticationV1TokenRequest, V1Eviction, V1Node, V1Pod } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { Informers } from '../../client/informer.ts';
import { equal } from '../../machinery/equality.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import { nodeNameOf } from '../authorization/node.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contracts.ts';
import { refuse } from './refuse.ts';

const mirror = 'kubernetes.io/config.mirror';
const allowedLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
]);

/** Labels under kubernetes.io and k8s.io say what administrators decide, but for these. */
function isRestricted(label: string): boolean {
  const domain = label.slice(0, Math.max(0, label.indexOf('/')));
  const ours = ['kubernetes.io', 'k8s.io'].some(each => domain === each || domain.endsWith(`.${each}`));
  if (!ours || allowedLabels.has(label)) return false;
  return !['kubelet.kubernetes.io', 'node.kubernetes.io'].some(
    each => domain === each || domain.endsWith(`.${each}`),
  );
}

function changedLabels(next: V1Node, old: V1Node | undefined): string[] {
  const [now, before] = [next.metadata?.labels ?? {}, old?.metadata?.labels ?? {}];
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(
    label => now[label] !== before[label],
  );
}

export function nodeRestriction(informers: Informers, client: Client): AdmissionPlugin {
  const informer = informers.for(pods);
  const podOf = async (namespace: string, name: string): Promise<V1Pod | undefined> => {
    const cached = informer.get(`${namespace}/${name}`);
    if (cached) return cached;
    try {
      return await client.get(pods, name, namespace);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const admitPod = async (request: AdmissionRequest, node: string): Promise<void> => {
    const { operation, object, old, namespace, name, subresource } = request;
    const deny = (why: string) => refuse(request, why);
    if (subresource === 'status') {
      if ((old as V1Pod).spec?.nodeName !== node)
        throw deny(`node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
      if (!equal(object?.metadata?.labels ?? {}, old?.metadata?.labels ?? {}))
        throw deny(`node "${node}" cannot update labels through pod status`);
      return;
    }
    if (subresource === 'eviction') {
      const target = (object as V1Eviction | undefined)?.metadata?.name || name;
      const pod = await podOf(namespace, target);
      if (pod && pod.spec?.nodeName !== node)
        throw deny(`node ${node} can only evict pods with spec.nodeName set to itself`);
      return;
    }
    if (subresource)
      throw deny(`unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`);
    if (operation === 'CREATE') {
      const pod = object as V1Pod;
      if (!pod.metadata?.annotations?.[mirror])
        throw deny(`pod does not have "${mirror}" annotation, node "${node}" can only create mirror pods`);
      if (pod.spec?.nodeName !== node)
        throw deny(`node "${node}" can only create pods with spec.nodeName set to itself`);
      return;
    }
    if (operation === 'DELETE') {
      const pod = await podOf(namespace, name);
      if (pod && pod.spec?.nodeName !== node)
        throw deny(`node "${node}" can only delete pods with spec.nodeName set to itself`);
      return;
    }
    throw deny(`unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`);
  };

  const admitNode = (request: AdmissionRequest, node: string): void => {
    const { operation, object, old } = request;
    const name = request.name || object?.metadata?.name;
    const deny = (why: string) => refuse(request, why);
    if (name !== node) throw deny(`node "${node}" is not allowed to modify node "${name}"`);
    if (operation === 'DELETE') return;
    const next = object as V1Node;
    if (
      next.spec?.configSource &&
      !equal(next.spec.configSource, (old as V1Node | undefined)?.spec?.configSource)
    )
      throw deny(`node "${node}" is not allowed to update configSource to a new non-nil configSource`);
    if (operation === 'UPDATE' && !equal(next.spec?.taints ?? [], (old as V1Node).spec?.taints ?? []))
      throw deny(`node "${node}" is not allowed to modify taints`);
    const labels = changedLabels(next, old as V1Node | undefined)
      .filter(isRestricted)
      .sort();
    if (labels.length > 0)
      throw deny(
        `is not allowed to ${operation === 'CREATE' ? 'set' : 'modify'} the following labels: ${labels.join(', ')}`,
      );
  };

  const admitToken = async (request: AdmissionRequest, node: string): Promise<void> => {
    const bound = (request.object as AuthenticationV1TokenRequest | undefined)?.spec?.boundObjectRef;
    const deny = (why: string) => refuse(request, why);
    if (bound?.kind !== 'Pod' || bound.apiVersion !== 'v1' || !bound.name)
      throw deny(`node requested token not bound to a pod`);
    if (!bound.uid) throw deny('node requested token with a pod binding without a uid');
    const pod = await podOf(request.namespace, bound.name);
    if (!pod || pod.metadata?.uid !== bound.uid)
      throw deny('node requested token bound to a pod that is not there');
    if (pod.spec?.nodeName !== node)
      throw deny('node requested token bound to a pod scheduled on a different node');
  };

  return {
    name: 'NodeRestriction',
    validate(request) {
      const node = nodeNameOf(request.user);
      if (node === undefined) return;
      const { registration, object, name, operation } = request;
      const own = name || object?.metadata?.name;
      switch (`${registration.group}/${registration.resource}`) {
        case '/pods':
          return admitPod(request, node);
        case '/nodes':
          return admitNode(request, node);
        case '/serviceaccounts':
          return request.subresource === 'token' ? admitToken(request, node) : undefined;
        case 'coordination.k8s.io/leases':
          if (request.namespace !== 'kube-node-lease' || own !== node)
            throw refuse(request, 'can only access node lease with the same name as the requesting node');
          return;
        case 'storage.k8s.io/csinodes':
          if (operation === 'CREATE' && own !== node)
            throw refuse(request, 'can only access CSINode with the same name as the requesting node');
          return;
      }
    },
  };
}
