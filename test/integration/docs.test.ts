// The examples of docs/testing.md are run as they are printed.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const page = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^## (.*)$|^```ts\n([\s\S]*?)^```$/gm)];
const library = new URL('../../src/testing/cluster.ts', import.meta.url).href;

let section = 'Start';
let count = 0;
for (const [, heading, code] of examples) {
  section = heading ?? section;
  if (code === undefined) continue;
  const file = fileURLToPath(new URL(`./.example-${process.pid}-${count++}.ts`, import.meta.url));
  test(`${section}: the example works`, async () => {
    assert.match(code, /from 'tsukube\/testing'/);
    writeFileSync(file, code.replaceAll("'tsukube/testing'", `'${library}'`));
    try {
      await import(file);
    } finally {
      rmSync(file);
    }
  });
}

test('there are examples', () => assert.ok(count >= 5));
