import type { EventType, View } from './entry.ts';
import type { CacheEvent } from './events.ts';
import type { Selection } from './selection.ts';

export type WatchItem =
  | { readonly type: EventType; readonly view: View }
  /** `initial` ends the initial events of a watch that asked for them. */
  | { readonly type: 'BOOKMARK'; readonly revision: number; readonly initial: boolean };

/** A watcher that lets this many events pile up is cut: it resumes from its last resourceVersion, or lists anew. */
const pileLimit = 16_384;

/** One watch's queue. Items refer to shared views, so what is queued costs a pointer each. */
export class Watcher {
  readonly selection: Selection;
  readonly bookmarks: boolean;
  #items: WatchItem[];
  #closed = false;
  #wake: (() => void) | undefined;
  #onClose: () => void;
  /** Events up to this revision are behind it. */
  #revision: number;
  #told: number;

  constructor(
    selection: Selection,
    options: { bookmarks: boolean; initial: WatchItem[]; revision: number; onClose: () => void },
  ) {
    this.selection = selection;
    this.bookmarks = options.bookmarks;
    this.#items = options.initial;
    this.#revision = options.revision;
    this.#told = options.revision;
    this.#onClose = options.onClose;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** False if the watcher could not keep up and has been cut. */
  offer(event: CacheEvent): boolean {
    if (event.revision <= this.#revision) return true;
    const item = itemFor(this.selection, event);
    if (!item) return true;
    this.#told = event.revision;
    this.#items.push(item);
    if (this.#items.length > pileLimit) {
      this.close();
      return false;
    }
    this.#resume();
    return true;
  }

  /** Tells how far the watch has come, if it asked to be told and that is news. */
  bookmark(revision: number): void {
    if (!this.bookmarks || revision <= this.#told || this.#closed) return;
    this.#told = revision;
    this.#items.push({ type: 'BOOKMARK', revision, initial: false });
    this.#resume();
  }

  /** All that has piled up, waiting for the first; `undefined` once closed and drained. */
  async next(): Promise<readonly WatchItem[] | undefined> {
    while (this.#items.length === 0) {
      if (this.#closed) return undefined;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    const items = this.#items;
    this.#items = [];
    return items;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    this.#resume();
  }

  #resume(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** What an event means to a selection: an object that enters it is ADDED, one that leaves it DELETED. */
export function itemFor(selection: Selection, event: CacheEvent): WatchItem | undefined {
  const { registration } = selection;
  if (selection.whole) return { type: event.type, view: event.entry.view(registration) };
  const is = event.type !== 'DELETED' && selection.matches(event.entry.view(registration).object);
  const was = event.previous !== undefined && selection.matches(event.previous.view(registration).object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', view: event.entry.view(registration) };
  if (!was) return undefined;
  if (event.type === 'DELETED') return { type: 'DELETED', view: event.entry.view(registration) };
  event.left ??= event.previous!.at(event.revision);
  return { type: 'DELETED', view: event.left.view(registration) };
}
