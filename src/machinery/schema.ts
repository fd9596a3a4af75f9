// What patches, server-side apply and unknown-field checks need to know of a kind's fields; src/api/schema.ts provides it.

/** One field, list element or map value. An object whose unknown fields are preserved has kind `any`. */
export interface FieldSchema {
  kind: 'scalar' | 'struct' | 'list' | 'map' | 'any';
  scalar?: 'string' | 'number' | 'boolean' | 'int-or-string' | 'time' | 'bytes' | 'quantity';
  /** Of numbers: what Go type holds them; absent is int32. */
  format?: string;
  /** Of kind `struct`. */
  struct?: StructSchema;
  /** Of kinds `list` and `map`: what each value is. */
  element?: FieldSchema;
  /** `x-kubernetes-list-type`; absent is atomic for apply. */
  listType?: 'atomic' | 'set' | 'map';
  /** `x-kubernetes-list-map-keys`. */
  mapKeys?: readonly string[];
  /** Value of a list-map key that an element leaves out. */
  mapKeyDefaults?: Readonly<Record<string, unknown>>;
  /** `x-kubernetes-patch-merge-key`. */
  mergeKey?: string;
  /** `x-kubernetes-patch-strategy`. */
  patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[];
  /** A map or struct that apply owns as a whole. */
  atomic?: boolean;
  required: boolean;
}

/** The fields of an object type; `name` is the model's. */
export interface StructSchema {
  name: string;
  field(name: string): FieldSchema | undefined;
  fields(): Iterable<[string, FieldSchema]>;
  atomic?: boolean;
}
