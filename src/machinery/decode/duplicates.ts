// Keys that a JSON text has twice in one object: JSON.parse does not tell.

interface Level {
  /** Keys seen in an object; undefined in a list. */
  keys: Set<string> | undefined;
  /** The key or `[index]` the scanner is at. */
  at: string;
  index: number;
}

const quoteCode = 0x22;
const backslash = 0x5c;

/** The end of the string that starts at `from` (its opening quote), past its closing quote. */
function endOfString(text: string, from: number): number {
  let at = text.indexOf('"', from + 1);
  while (at >= 0) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return at + 1;
    at = text.indexOf('"', at + 1);
  }
  return text.length;
}

const keyText = (raw: string): string =>
  raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);

/** Paths (`spec.ports[0].port`) of fields that are there again, in a text that JSON.parse accepts; each once. */
export function duplicateFields(text: string): string[] {
  const found = new Set<string>();
  const levels: Level[] = [];
  let level: Level | undefined;
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quoteCode) {
      const end = endOfString(text, i);
      if (expectsKey && level?.keys) {
        const key = keyText(text.slice(i, end));
        level.at = key;
        expectsKey = false;
        if (level.keys.has(key)) found.add(pathOf(levels));
        level.keys.add(key);
      }
      i = end - 1;
    } else if (code === 0x7b) {
      levels.push((level = { keys: new Set(), at: '', index: 0 }));
      expectsKey = true;
    } else if (code === 0x5b) {
      levels.push((level = { keys: undefined, at: '[0]', index: 0 }));
      expectsKey = false;
    } else if (code === 0x7d || code === 0x5d) {
      levels.pop();
      level = levels.at(-1);
      expectsKey = false;
    } else if (code === 0x2c && level) {
      if (level.keys) expectsKey = true;
      else level.at = `[${++level.index}]`;
    }
  }
  return [...found];
}

const pathOf = (levels: readonly Level[]): string =>
  levels
    .map(level => level.at)
    .join('.')
    .replaceAll('.[', '[');
