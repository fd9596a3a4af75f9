// What the API server's stages share. Stages: authentication -> authorization -> admission -> registry -> store.
import type { Registration, Registry } from '../api/registration.ts';
import type { Resource } from '../api/resource.ts';
import type { Client } from '../client/client.ts';
import type { Informers } from '../client/informer.ts';
import type { Clock } from '../machinery/clock.ts';
import type { Logger } from '../machinery/logger.ts';
import type { Metrics } from '../machinery/metrics.ts';
import type { KubeObject, Stored } from '../machinery/object.ts';
import type { Random } from '../machinery/random.ts';

export interface User {
  name: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** What a connection and its headers say of who asks. */
export interface Credentials {
  /** The `Authorization` header. */
  authorization?: string;
  /** Subject of a client certificate that the TLS layer has verified against the client CA. */
  certificate?: { commonName: string; organizations: string[] };
}

/** `undefined`: these credentials are not of my kind; throws `unauthorized` for bad ones. */
export type Authenticator = (credentials: Credentials) => Promise<User | undefined>;

/** A request as authorization sees it. Verbs as upstream's, lower case; `path` only for non-resource requests. */
export interface Attributes {
  user: User;
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  path: string;
  isResource: boolean;
}

export interface Decision {
  allowed: boolean;
  reason: string;
}

export type Authorizer = (attributes: Attributes) => Decision | Promise<Decision>;

export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  user: User;
  registration: Registration;
  subresource: string;
  namespace: string;
  /** Empty on a create with generateName. */
  name: string;
  /** The caller's own copy: `admit` changes it in place. Absent for DELETE. */
  object: KubeObject | undefined;
  old: KubeObject | undefined;
  dryRun: boolean;
  /** Adds a `Warning:` header to the answer. */
  warn(message: string): void;
}

/** `admit` (mutating) of all plugins runs before validation of the object, `validate` of all plugins after it. A refusal is a thrown StatusError. */
export interface AdmissionPlugin {
  /** Upstream's name: `NamespaceLifecycle`. */
  name: string;
  admit?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}

/** Undoes or confirms what a storage hook took (virtual IPs, node ports). */
export interface Reservation {
  commit(): void | Promise<void>;
  rollback(): void | Promise<void>;
}

/**
 * Work that belongs to the write of one resource: runs after validation, just before the store's transaction, on the caller's own copy.
 * With `dryRun` nothing may be taken for good. Throws a StatusError to refuse.
 */
export interface StorageHook {
  group: string;
  resource: string;
  beginCreate?(object: KubeObject, dryRun: boolean): Promise<Reservation | undefined>;
  beginUpdate?(object: KubeObject, old: KubeObject, dryRun: boolean): Promise<Reservation | undefined>;
  afterDelete?(object: KubeObject): void | Promise<void>;
}

/** A subresource that is not a plain read or write of its parent (`token`, `binding`, `eviction` …). */
export interface SubresourceHandler {
  group: string;
  resource: string;
  subresource: string;
  /** Verb `create` or `update` or `get`; `body` is the parsed and defaulted object. The answer is sent as it is. */
  handle(request: {
    user: User;
    verb: string;
    namespace: string;
    name: string;
    body: KubeObject | undefined;
    dryRun: boolean;
  }): Promise<KubeObject>;
}

/** A resource that is never stored, answered by a function of its create request (`tokenreviews`, `subjectaccessreviews` …). */
export interface ReviewHandler {
  group: string;
  resource: string;
  handle(request: { user: User; namespace: string; body: KubeObject }): Promise<KubeObject>;
}

/** What stages that need the API itself (RBAC, admission, allocation) are made with. */
export interface StageContext {
  registry: Registry;
  /** In-process, as `system:apiserver` in group `system:masters`. */
  client: Client;
  informers: Informers;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  /**
   * How a subresource's handler writes what an update may not (a binding sets spec.nodeName): `change` works on a copy of what is there,
   * again after a lost race, and may throw to refuse. Neither admission nor the kind's rules for updates look at the result.
   */
  rewrite<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace: string,
    change: (object: Stored<T>) => void,
    options?: { dryRun?: boolean },
  ): Promise<Stored<T>>;
}

/** Everything of policy that a server is composed of; `src/apiserver/stages.ts` makes the default one. */
export interface Stages {
  authenticators: Authenticator[];
  authorizer: Authorizer;
  admission: AdmissionPlugin[];
  storageHooks: StorageHook[];
  subresources: SubresourceHandler[];
  reviews: ReviewHandler[];
  /** Makes what must be there at first (bootstrap roles, namespaces, the `kubernetes` Service, priority classes); idempotent. */
  bootstrap(signal: AbortSignal): Promise<void>;
  /** Releases timers and watches. */
  dispose(): Promise<void>;
}

export type StagesFactory = (context: StageContext) => Stages;
