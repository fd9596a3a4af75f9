// A kind is data: everything generic (routing, watch, patch, garbage collection, discovery, printing, kubectl) reads its registration.
import type { KubeObject } from '../machinery/object.ts';
import type { StructSchema } from '../machinery/schema.ts';
import type { V1StatusCause } from './generated/types.ts';
import type { Resource } from './resource.ts';

/** One column of server-side printing (upstream's pkg/printers/internalversion). */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format?: string;
  description: string;
  /** 0 is always shown, 1 only with `-o wide`. */
  priority: number;
}

/** `cells` takes the object and the present time (ms), for ages; one value for each column. */
export interface Printer {
  columns: Column[];
  cells(object: KubeObject, now: number): (string | number | boolean)[];
}

/**
 * What is particular to a kind in the life of its objects. Functions that change do so in place, on an object of the caller's own.
 * Causes carry upstream's reason (`FieldValueRequired`, `FieldValueInvalid` …), message and field path.
 */
export interface Strategy {
  defaults?(object: KubeObject): void;
  /** Drops what a client may not set (status), sets generation and the like. */
  prepareForCreate?(object: KubeObject): void;
  prepareForUpdate?(object: KubeObject, old: KubeObject): void;
  prepareForStatusUpdate?(object: KubeObject, old: KubeObject): void;
  validate?(object: KubeObject): V1StatusCause[];
  /** `subresource` is the one written through, empty for the object itself; who does not say gets the laxer of the checks. */
  validateUpdate?(object: KubeObject, old: KubeObject, subresource?: string): V1StatusCause[];
  validateStatusUpdate?(object: KubeObject, old: KubeObject): V1StatusCause[];
  /** Warnings for the client (`Warning:` headers). */
  warnings?(object: KubeObject, old: KubeObject | undefined): string[];
  /** Seconds of grace a DELETE without its own gives; absent: deleted at once. Only Pods have one. */
  gracePeriodSeconds?(object: KubeObject): number;
  /** What a DELETE without propagationPolicy does; default `background`. */
  defaultPropagation?: 'background' | 'orphan';
}

export interface Subresource {
  verbs: string[];
  /** Model of body and answer where it has one. */
  model?: string;
  /** Kind, group and version that discovery tells for it, where they differ from the parent's. */
  kind?: string;
  group?: string;
  version?: string;
}

export interface Registration extends Resource {
  /** Name in generated/models.ts, which drives schema, patches and unknown-field checks. */
  readonly model: string;
  /** Of custom resources, which have no generated model. */
  readonly schema?: StructSchema;
  readonly listKind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: Readonly<Record<string, Subresource>>;
  /** Where objects lie in the store, below `/registry/`, as upstream's: `services/specs`. Empty for what is never stored (reviews). */
  readonly storagePrefix: string;
  /** Where two group-versions share objects (Events, HPA): how this one differs from the stored one. */
  readonly conversion?: {
    fromStorage(object: KubeObject): KubeObject;
    toStorage(object: KubeObject): KubeObject;
  };
  readonly printer: Printer;
  readonly strategy: Strategy;
  /** Field selectors that it answers, besides metadata.name and metadata.namespace. */
  readonly selectableFields: Readonly<Record<string, (object: KubeObject) => string>>;
}

/** All registrations of a server; CustomResourceDefinitions add and remove theirs while it runs. */
export interface Registry {
  all(): readonly Registration[];
  find(group: string, version: string, resource: string): Registration | undefined;
  byKind(group: string, version: string, kind: string): Registration | undefined;
  add(registration: Registration): void;
  remove(group: string, version: string, resource: string): void;
}
