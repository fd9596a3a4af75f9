const newline = 0x0a;

/**
 * The JSON values of a stream that has one a line, wherever its chunks are cut (also inside a character).
 * A last line without its end is dropped: the connection broke within it.
 */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let held: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      held.push(chunk.subarray(from, end));
      from = end + 1;
      let text = '';
      for (const [i, part] of held.entries()) {
        text += decoder.decode(part, { stream: i < held.length - 1 });
      }
      held = [];
      if (text.trim()) yield JSON.parse(text);
    }
    if (from < chunk.length) held.push(chunk.subarray(from));
  }
}
