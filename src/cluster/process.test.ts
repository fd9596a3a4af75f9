import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

/** Packages that importing these modules loads, and what of Node's own is heavy. */
async function loadedBy(...modules: string[]): Promise<string[]> {
  const script = `
    import { registerHooks } from 'node:module';
    const found = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        const result = next(specifier, context);
        const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(result.url)?.[1];
        if (name) found.add(name);
        return result;
      },
    });
    for (const url of JSON.parse(process.argv[1])) await import(url);
    if (process.moduleLoadList.some(name => name.endsWith('undici/undici'))) found.add('undici');
    console.log(JSON.stringify([...found]));`;
  const urls = modules.map(name => new URL(name, import.meta.url).href);
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, JSON.stringify(urls)]);
  return JSON.parse(stdout) as string[];
}

/** Each costs tens of milliseconds and several megabytes, and is for later, or for another process. */
const late = [
  'undici',
  'yaml',
  'tar-stream',
  '@peculiar/x509',
  'jose',
  'ws',
  '@opentelemetry/api',
  'commander',
];

test('a process starts without what it does not need at once', async () => {
  const loaded = await loadedBy('./base.ts', './server.ts', './node.ts');
  assert.deepEqual(
    loaded.filter(name => late.includes(name)),
    [],
  );
  // The look itself sees something.
  assert.ok(loaded.includes('prom-client'));
});
