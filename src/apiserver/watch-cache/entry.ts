import type { Registration } from '../../api/registration.ts';
import { deepFreeze } from '../../machinery/freeze.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { cloneJson } from '../registry/clone.ts';
import { concat, decodeText, encodeJson, encodeText, spliceResourceVersion } from './encoding.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** Objects that the writer of a value still has at hand, so that the cache need not parse what was just encoded. */
const written = new WeakMap<Uint8Array, KubeObject>();

/** Hands an object over together with its encoding; the object is frozen once its revision is known. */
export const handOver = (value: Uint8Array, object: KubeObject): void => {
  written.set(value, object);
};

/** One object in one group-version's form: parsed once, encoded once, both only when asked for. */
export class View {
  readonly object: Stored<KubeObject>;
  #wire: { bytes: Uint8Array; itemOffset: number } | undefined;
  #value: Uint8Array | undefined;
  #lines: Partial<Record<EventType, Uint8Array>> | undefined;
  #derived: Map<unknown, unknown> | undefined;

  /** `value` is the stored encoding, where this is the stored form. */
  constructor(object: Stored<KubeObject>, value?: Uint8Array) {
    this.object = object;
    this.#value = value;
  }

  #encoded(): { bytes: Uint8Array; itemOffset: number } {
    if (!this.#wire) {
      const spliced = this.#value
        ? spliceResourceVersion(this.#value, Number(this.object.metadata.resourceVersion))
        : undefined;
      this.#wire = spliced ?? { bytes: encodeJson(this.object), itemOffset: 1 };
      this.#value = undefined;
    }
    return this.#wire;
  }

  /** The object as JSON. */
  get bytes(): Uint8Array {
    return this.#encoded().bytes;
  }

  /** The object as an item of a list, but for its opening brace: without `kind` and `apiVersion`, as upstream's. */
  get itemTail(): Uint8Array {
    const { bytes, itemOffset } = this.#encoded();
    return bytes.subarray(itemOffset);
  }

  /** The line of a watch. */
  line(type: EventType): Uint8Array {
    this.#lines ??= {};
    return (this.#lines[type] ??= concat([
      encodeText(`{"type":"${type}","object":`),
      this.bytes,
      encodeText('}\n'),
    ]));
  }

  /** Something made of this object once, such as its row of a Table. */
  derive<T>(key: unknown, make: () => T): T {
    this.#derived ??= new Map();
    if (!this.#derived.has(key)) this.#derived.set(key, make());
    return this.#derived.get(key) as T;
  }
}

/** One stored key at one revision; revision 0 is what a dry run would have stored. */
export class Entry {
  readonly key: string;
  readonly revision: number;
  readonly value: Uint8Array;
  #stored: View | undefined;
  #converted: Map<Registration, View> | undefined;

  constructor(key: string, value: Uint8Array, revision: number) {
    this.key = key;
    this.value = value;
    this.revision = revision;
  }

  /** In the form it is stored in. */
  get stored(): View {
    if (!this.#stored) {
      let object = written.get(this.value);
      const seen = object?.metadata?.resourceVersion;
      // The same value at another revision (a deletion's last state) needs an object of its own.
      if (object && seen !== undefined && seen !== String(this.revision)) {
        object = { ...object, metadata: { ...object.metadata } };
      }
      object ??= JSON.parse(decodeText(this.value)) as KubeObject;
      if (!Object.isFrozen(object)) {
        if (this.revision > 0) (object.metadata ??= {}).resourceVersion = String(this.revision);
        deepFreeze(object);
      }
      written.set(this.value, object);
      this.#stored = new View(object as Stored<KubeObject>, this.revision > 0 ? this.value : undefined);
    }
    return this.#stored;
  }

  /** In the form of `registration`'s version. */
  view(registration: Registration): View {
    const { conversion } = registration;
    if (!conversion) return this.stored;
    this.#converted ??= new Map();
    let view = this.#converted.get(registration);
    if (!view) {
      const object = conversion.fromStorage(cloneJson(this.stored.object) as KubeObject);
      view = new View(deepFreeze(object) as Stored<KubeObject>);
      this.#converted.set(registration, view);
    }
    return view;
  }

  /** The same state under another revision: what a DELETED event carries. */
  at(revision: number): Entry {
    return new Entry(this.key, this.value, revision);
  }
}
