// The rules of the house that no linter knows: who may import whom, how large a room may be, and where time comes from.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const files = globSync('{src,test,bench,scripts,bin}/**/*.{ts,mjs}', {
  exclude: ['src/api/generated/**'],
}).sort();
const production = files.filter(
  file =>
    file.startsWith('src/') &&
    !/(\.test|cases|testing|-fixture|fixtures|fixture\.node|self-signed\.node)\.ts$|\/testing\//.test(file),
);
const text = (file: string): string => readFileSync(file, 'utf8');
const room = (file: string): string => file.split('/')[1]!;

/** Each folder of src/ and the folders it may import, itself aside. Adapters and tests may reach further. */
const above: Record<string, readonly string[]> = {
  machinery: ['api'],
  api: ['machinery'],
  store: ['machinery'],
  client: ['api', 'machinery'],
  apiserver: ['api', 'machinery', 'store', 'client'],
  controllers: ['api', 'machinery', 'client'],
  scheduler: ['api', 'machinery', 'client'],
  proxy: ['api', 'machinery', 'client'],
  kubelet: ['api', 'machinery', 'client', 'platform'],
  dns: ['api', 'machinery', 'client'],
  platform: ['machinery'],
};

const imports = (file: string): string[] =>
  [...text(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(match =>
    normalize(join(dirname(file), match[1]!)),
  );

test('imports run downward only', () => {
  const wrong = production.flatMap(file => {
    const own = above[room(file)];
    if (!own) return [];
    // An adapter to the machine may use what src/platform has of it.
    const allowed = file.endsWith('.node.ts') ? [...own, 'platform'] : own;
    return imports(file)
      .filter(
        target => target.startsWith('src/') && room(target) !== room(file) && !allowed.includes(room(target)),
      )
      .map(target => `${file} imports ${target}`);
  });
  assert.deepEqual(wrong, []);
});

test('rooms are small: no file above 500 lines', () => {
  const large = files.filter(file => text(file).split('\n').length > 501);
  assert.deepEqual(large, []);
});

test('the core takes its time and randomness as arguments', () => {
  const core = /^src\/(api|machinery|apiserver|client|controllers|scheduler|proxy)\//;
  const own =
    /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)|\bperformance\.now\(|[^.\w]set(?:Timeout|Interval)\(|from 'node:/;
  const wrong = production
    .filter(
      file => core.test(file) && !file.endsWith('.node.ts') && file !== 'src/api/generated-data.node.ts',
    )
    .filter(file => own.test(text(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')));
  assert.deepEqual(wrong, []);
});

test('nothing is left for later, and nothing escapes the compiler', () => {
  const marks = new RegExp(['TO' + 'DO', 'FIX' + 'ME', '@ts-' + 'ignore', '@ts-' + 'nocheck'].join('|'));
  const cast = new RegExp(`\\bas ${'any'}\\b`);
  const code = (file: string): string => text(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  assert.deepEqual(
    files.filter(file => marks.test(text(file)) || cast.test(code(file))),
    [],
  );
});
