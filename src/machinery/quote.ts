const escapes: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

function escapeCharacter(character: string): string {
  const short = escapes[character];
  if (short) return short;
  const code = character.codePointAt(0)!;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** A text in double quotes as Go's `%q` prints it; API messages are full of it. */
export const quote = (text: string): string =>
  `"${text.replace(/["\\]|(?! )[\p{C}\p{Z}]/gu, escapeCharacter)}"`;
