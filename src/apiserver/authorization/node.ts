// The Node authorizer: a kubelet reads and writes what its own pods need (upstream plugin/pkg/auth/authorizer/node, v1.36).
import { volumeattachments } from '../../api/generated/resources/storage.k8s.io.v1.ts';
import type { V1PolicyRule } from '../../api/generated/types.ts';
import type { Informers } from '../../client/informer.ts';
import type { Attributes, Decision, User } from '../contracts.ts';
import { createNodeReferences, type ReferenceKind } from './node-references.ts';
import { ruleAllows } from './rules.ts';

const prefix = 'system:node:';

/** The node that a user is the kubelet of; empty for a kubelet that does not say which, undefined for everyone else. */
export function nodeNameOf(user: User): string | undefined {
  if (!user.groups.includes('system:nodes')) return undefined;
  return user.name.startsWith(prefix) ? user.name.slice(prefix.length) : undefined;
}

const allow: Decision = { allowed: true, reason: '' };
const deny = (reason: string): Decision => ({ allowed: false, reason });

const ownObject = (verbs: readonly string[], type: string, many: string) => {
  return (node: string, { verb, name, subresource }: Attributes): Decision => {
    if (!verbs.includes(verb)) return deny(`can only ${many}`);
    if (subresource) return deny(`cannot authorize ${type} subresources`);
    // The name of what is created is not known yet: NodeRestriction looks at it.
    if (verb !== 'create' && name !== node)
      return deny(`can only access ${type} with the same name as the requesting node`);
    return allow;
  };
};
const ownLease = ownObject(
  ['get', 'create', 'update', 'patch', 'delete'],
  'node lease',
  'get, create, update, patch, or delete a node lease',
);
const ownCsiNode = ownObject(
  ['get', 'create', 'update', 'patch', 'delete'],
  'CSINode',
  'get, create, update, patch, or delete a CSINode',
);

/** `rules` are what every kubelet may do whatever the object (the rules of `system:node`). */
export function createNodeAuthorizer(
  informers: Informers,
  rules: readonly V1PolicyRule[],
): (attributes: Attributes) => Decision | undefined {
  const references = createNodeReferences(informers);
  const attachments = informers.for(volumeattachments);

  const related = (node: string, found: boolean): Decision =>
    found ? allow : deny(`no relationship found between node '${node}' and this object`);
  const readsOne = (node: string, kind: ReferenceKind, { namespace, name }: Attributes): Decision =>
    name ? related(node, references.reads(node, kind, namespace, name)) : deny('No Object name found');

  /** How access to some resources is divided between the nodes. */
  const divided: Record<string, (node: string, attributes: Attributes) => Decision> = {
    '/secrets': (node, request) => readNamespaced(node, 'secrets', request),
    '/configmaps': (node, request) => readNamespaced(node, 'configmaps', request),
    '/persistentvolumeclaims': (node, request) => {
      if (request.subresource !== 'status') return getOnly(node, 'persistentvolumeclaims', request);
      if (!['update', 'patch'].includes(request.verb)) return deny('can only get/update/patch this type');
      return readsOne(node, 'persistentvolumeclaims', request);
    },
    '/persistentvolumes': (node, request) =>
      onlyGet(request) ?? related(node, references.readsVolume(node, request.name)),
    'resource.k8s.io/resourceclaims': (node, request) => getOnly(node, 'resourceclaims', request),
    'storage.k8s.io/volumeattachments': (node, request) =>
      onlyGet(request) ?? related(node, attachments.get(request.name)?.spec.nodeName === node),
    '/serviceaccounts': (node, request) => {
      if (request.verb === 'get' && !request.subresource) return readsOne(node, 'serviceaccounts', request);
      if (request.verb !== 'create' || !request.name)
        return deny('can only create tokens for individual service accounts');
      if (request.subresource !== 'token') return deny('can only create token subresource of serviceaccount');
      return readsOne(node, 'serviceaccounts', request);
    },
    'coordination.k8s.io/leases': (node, request) =>
      request.namespace === 'kube-node-lease'
        ? ownLease(node, request)
        : deny('can only access leases in the "kube-node-lease" system namespace'),
    'storage.k8s.io/csinodes': ownCsiNode,
  };

  const readNamespaced = (node: string, kind: ReferenceKind, request: Attributes): Decision => {
    if (!['get', 'list', 'watch'].includes(request.verb)) return deny('can only read resources of this type');
    if (request.subresource) return deny('cannot read subresource');
    if (!request.namespace) return deny('can only read namespaced object of this type');
    return readsOne(node, kind, request);
  };
  const onlyGet = (request: Attributes): Decision | undefined => {
    if (request.verb !== 'get') return deny('can only get individual resources of this type');
    return request.subresource ? deny('cannot get subresource') : undefined;
  };
  const getOnly = (node: string, kind: ReferenceKind, request: Attributes): Decision =>
    onlyGet(request) ?? readsOne(node, kind, request);

  return attributes => {
    const node = nodeNameOf(attributes.user);
    if (node === undefined) return undefined;
    if (node === '') return deny(`unknown node for user ${JSON.stringify(attributes.user.name)}`);
    const decide = attributes.isResource ? divided[`${attributes.group}/${attributes.resource}`] : undefined;
    if (decide) return decide(node, attributes);
    return rules.some(rule => ruleAllows(rule, attributes)) ? allow : deny('');
  };
}
