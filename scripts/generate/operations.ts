// Reads the official client's request factories into a list of operations: path, method, parameters, body, answer.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Operation {
  /** The client's method name, which is the operation's id without its group and version. */
  id: string;
  api: string;
  path: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  query: { name: string; type: string }[];
  body: string | undefined;
  /** Model name of the 200 answer, `string` where it is free text. */
  result: string | undefined;
  doc: string;
}

const first = (pattern: RegExp, text: string): string | undefined => pattern.exec(text)?.[1];

/** All operations of the client below `root` (its `dist/gen`). */
export function readOperations(root: string): Operation[] {
  const folder = join(root, 'apis');
  const operations: Operation[] = [];
  for (const file of readdirSync(folder).filter(name => name.endsWith('Api.js'))) {
    const source = readFileSync(join(folder, file), 'utf8');
    const results = new Map<string, string>();
    const answer =
      /async (\w+)WithHttpInfo\(response\) \{[\s\S]*?deserialize\([\s\S]*?, "([^"]+)", "[^"]*"\)/g;
    for (const match of source.matchAll(answer))
      if (!results.has(match[1]!)) results.set(match[1]!, match[2]!);
    const requests = source.slice(0, source.indexOf('ResponseProcessor {'));
    for (const part of requests.split(/\n {4}\/\*\*\n/).slice(1)) {
      const id = first(/\n {4}async (\w+)\(/, part);
      const path = first(/localVarPath = '([^']+)'/, part);
      const method = first(/HttpMethod\.(\w+)\)/, part);
      if (!id || !path || !method) continue;
      operations.push({
        id,
        api: file.slice(0, -'Api.js'.length),
        path,
        method: method as Operation['method'],
        query: [...part.matchAll(/setQueryParam\("([^"]+)", ObjectSerializer\.serialize\(\w+, "(\w+)"/g)].map(
          match => ({ name: match[1]!, type: match[2]! }),
        ),
        body: first(/ObjectSerializer\.serialize\(body, "([^"]+)"/, part),
        result: results.get(id),
        doc: (first(/^\s*\* ([^\n]*)/, part) ?? '').trim(),
      });
    }
  }
  return operations;
}
