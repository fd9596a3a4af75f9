// Who owns whom, of all objects of the cluster (upstream: pkg/controller/garbagecollector/graph_builder.go). Metadata only.
import type { V1OwnerReference } from '../../api/generated/types.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import type { ServedResource } from '../common/resources.ts';

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

export interface Node {
  readonly uid: string;
  apiVersion: string;
  kind: string;
  /** Absent while only references tell of the object. */
  resource: ServedResource | undefined;
  namespace: string;
  name: string;
  owners: readonly V1OwnerReference[];
  readonly dependents: Set<Node>;
  /** Has a deletionTimestamp. */
  deleting: boolean;
  /** Waits for its dependents: deleted in the foreground. */
  deletingDependents: boolean;
  orphaning: boolean;
}

/** What the graph finds that has to be looked at. */
export interface GraphEvents {
  /** May have to go. */
  check(node: Node): void;
  /** Its dependents have to be set free. */
  orphan(node: Node): void;
  /** Its reference names an object that lives elsewhere or is called otherwise. */
  mismatch(node: Node, reference: V1OwnerReference): void;
}

const none: readonly V1OwnerReference[] = [];
const maxAbsent = 2000;

/** True for an observed object that the reference of an object in `namespace` can mean. */
export const isMeant = (owner: Node, reference: V1OwnerReference, namespace: string): boolean =>
  owner.kind === reference.kind &&
  owner.name === reference.name &&
  owner.apiVersion.split('/')[0] === reference.apiVersion.split('/')[0] &&
  (owner.namespace === '' || owner.namespace === namespace);

/** Changes only by `put`, `remove` and `replace`, which are fed from watches. */
export class Graph {
  private readonly nodes = new Map<string, Node>();
  private readonly events: GraphEvents;
  /** Objects that are proven to be gone; a uid never comes back. Bounded: the oldest are forgotten. */
  private readonly absent = new Set<string>();

  constructor(events: GraphEvents) {
    this.events = events;
  }

  get(uid: string): Node | undefined {
    return this.nodes.get(uid);
  }

  get size(): number {
    return this.nodes.size;
  }

  isAbsent(uid: string): boolean {
    return this.absent.has(uid);
  }

  markAbsent(uid: string): void {
    this.absent.add(uid);
    if (this.absent.size > maxAbsent) this.absent.delete(this.absent.values().next().value!);
  }

  put(resource: ServedResource, { metadata }: Stored<KubeObject>): void {
    const { uid, name, namespace = '', deletionTimestamp, finalizers = [] } = metadata;
    const owners = metadata.ownerReferences ?? none;
    let node = this.nodes.get(uid);
    const isNew = !node?.resource;
    if (!node) this.nodes.set(uid, (node = emptyNode(uid)));
    if (isNew) {
      Object.assign(node, {
        resource,
        apiVersion: apiVersionOf(resource),
        kind: resource.kind,
        namespace,
        name,
      });
      this.reviewDependents(node);
    }
    if (!semanticEqual(node.owners, owners)) this.setOwners(node, owners);
    if (!deletionTimestamp) return;
    node.deleting = true;
    const waits = finalizers.includes(foregroundFinalizer);
    if (waits && !node.deletingDependents) {
      node.deletingDependents = true;
      for (const dependent of node.dependents) this.events.check(dependent);
      this.events.check(node);
    } else node.deletingDependents = waits;
    const orphans = finalizers.includes(orphanFinalizer);
    if (orphans && !node.orphaning) this.events.orphan(node);
    node.orphaning = orphans;
  }

  /** The object is gone, seen by a watch or proven by a live look. */
  remove(uid: string): void {
    const node = this.nodes.get(uid);
    if (!node) return;
    this.nodes.delete(uid);
    for (const { uid: ownerUid } of node.owners) this.leave(node, ownerUid);
    if (node.dependents.size === 0) return;
    this.markAbsent(uid);
    for (const dependent of node.dependents) this.events.check(dependent);
  }

  /** Everything there is of a resource. */
  replace(resource: ServedResource, objects: readonly Stored<KubeObject>[]): void {
    const present = new Set(objects.map(({ metadata }) => metadata.uid));
    for (const node of this.of(resource)) if (!present.has(node.uid)) this.remove(node.uid);
    for (const object of objects) this.put(resource, object);
  }

  /** The resource is served no longer: its objects are unknown, not gone. */
  forget(resource: ServedResource): void {
    for (const node of this.of(resource)) {
      this.nodes.delete(node.uid);
      for (const { uid } of node.owners) this.leave(node, uid);
    }
  }

  private of(resource: ServedResource): Node[] {
    const same = (node: Node): boolean =>
      node.resource?.group === resource.group && node.resource.resource === resource.resource;
    return [...this.nodes.values()].filter(same);
  }

  private setOwners(node: Node, owners: readonly V1OwnerReference[]): void {
    const before = node.owners;
    node.owners = owners;
    for (const { uid } of before) if (!owners.some(owner => owner.uid === uid)) this.leave(node, uid);
    for (const reference of owners) {
      const old = before.find(({ uid }) => uid === reference.uid);
      if (!old) this.join(node, reference);
      else if (old.blockOwnerDeletion && !reference.blockOwnerDeletion)
        this.unblock(this.nodes.get(reference.uid));
    }
  }

  private join(node: Node, reference: V1OwnerReference): void {
    let owner = this.nodes.get(reference.uid);
    if (!owner) {
      const { uid, apiVersion, kind, name } = reference;
      owner = { ...emptyNode(uid), apiVersion, kind, name, namespace: node.namespace };
      this.nodes.set(uid, owner);
    }
    owner.dependents.add(node);
    if (!owner.resource) this.events.check(owner);
    else if (!isMeant(owner, reference, node.namespace)) {
      this.events.mismatch(node, reference);
      this.events.check(node);
    } else if (owner.deletingDependents) this.events.check(node);
  }

  private leave(node: Node, ownerUid: string): void {
    const owner = this.nodes.get(ownerUid);
    if (!owner) return;
    owner.dependents.delete(node);
    if (!owner.resource && owner.dependents.size === 0) this.nodes.delete(ownerUid);
    this.unblock(owner);
  }

  private unblock(owner: Node | undefined): void {
    if (owner?.deletingDependents) this.events.check(owner);
  }

  /** An owner that so far was only heard of is seen: do its dependents mean this one? */
  private reviewDependents(owner: Node): void {
    for (const dependent of owner.dependents) {
      const reference = dependent.owners.find(({ uid }) => uid === owner.uid);
      if (!reference || isMeant(owner, reference, dependent.namespace)) continue;
      this.events.mismatch(dependent, reference);
      this.events.check(dependent);
    }
  }
}

const emptyNode = (uid: string): Node => ({
  uid,
  apiVersion: '',
  kind: '',
  resource: undefined,
  namespace: '',
  name: '',
  owners: none,
  dependents: new Set(),
  deleting: false,
  deletingDependents: false,
  orphaning: false,
});
