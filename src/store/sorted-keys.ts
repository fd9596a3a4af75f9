// A sorted set of keys as a list of short sorted chunks: an insert moves at most one chunk, a search is two binary searches.

const chunkLimit = 512;

/** Order of the UTF-8 bytes of two strings (UTF-16 order differs where surrogates meet U+E000 to U+FFFF). */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
    }
    return x - y;
  }
  return a.length - b.length;
}

/** First index of a sorted list for which `reached` holds; `reached` never goes back to false. */
function search(list: readonly string[], reached: (key: string) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reached(list[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface Position {
  chunk: number;
  offset: number;
}

/** Keys in the order of their UTF-8 bytes. */
export interface SortedKeys {
  readonly size: number;
  add(key: string): void;
  delete(key: string): void;
  /** Keys with `prefix`, from `start` (inclusive) on. */
  range(prefix: string, start?: string): Iterable<string>;
  /** How many keys `range` gives, without walking them. */
  count(prefix: string, start?: string): number;
}

export function createSortedKeys(): SortedKeys {
  const chunks: string[][] = [];
  let size = 0;

  const find = (reached: (key: string) => boolean): Position => {
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = chunks[middle]!;
      if (reached(chunk[chunk.length - 1]!)) high = middle;
      else low = middle + 1;
    }
    return { chunk: low, offset: low < chunks.length ? search(chunks[low]!, reached) : 0 };
  };

  const bounds = (prefix: string, start?: string): { from: Position; to: Position } => {
    const first = start !== undefined && compareKeys(start, prefix) > 0 ? start : prefix;
    const from = find(key => compareKeys(key, first) >= 0);
    const to = find(key => compareKeys(key, first) >= 0 && !key.startsWith(prefix));
    return { from, to };
  };

  const rank = ({ chunk, offset }: Position): number => {
    let total = offset;
    for (let i = 0; i < chunk; i++) total += chunks[i]!.length;
    return total;
  };

  return {
    get size() {
      return size;
    },
    add(key) {
      const at = find(other => compareKeys(other, key) >= 0);
      const chunk = chunks[at.chunk];
      if (chunk?.[at.offset] === key) return;
      size++;
      // A key above all others joins the last chunk.
      const index = chunk ? at.chunk : chunks.length - 1;
      const target = chunks[index];
      if (!target) {
        chunks.push([key]);
        return;
      }
      target.splice(chunk ? at.offset : target.length, 0, key);
      if (target.length > chunkLimit) chunks.splice(index + 1, 0, target.splice(chunkLimit / 2));
    },
    delete(key) {
      const { chunk, offset } = find(other => compareKeys(other, key) >= 0);
      const target = chunks[chunk];
      if (target?.[offset] !== key) return;
      size--;
      target.splice(offset, 1);
      if (target.length === 0) chunks.splice(chunk, 1);
    },
    *range(prefix, start) {
      let { chunk, offset } = bounds(prefix, start).from;
      for (; chunk < chunks.length; chunk++, offset = 0) {
        const list = chunks[chunk]!;
        for (; offset < list.length; offset++) {
          if (!list[offset]!.startsWith(prefix)) return;
          yield list[offset]!;
        }
      }
    },
    count(prefix, start) {
      const { from, to } = bounds(prefix, start);
      return Math.max(0, rank(to) - rank(from));
    },
  };
}
