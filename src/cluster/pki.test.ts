import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

/** What a process with server and agent does about certificates; prints which packages were loaded for it. */
const start = (folder: string): string => `
  import { registerHooks } from 'node:module';
  const loaded = new Set();
  registerHooks({
    load(url, context, next) {
      const found = /node_modules[/]((?:@[^/]+[/])?[^/]+)/.exec(url);
      if (found) loaded.add(found[1]);
      return next(url, context);
    },
  });
  const load = path => import(new URL(path, ${JSON.stringify(import.meta.url)}));
  await Promise.all(['./server.ts', './node.ts'].map(load));
  const { nodeCertificates, openPki, serverCertificates } = await load('./pki.ts');
  const pki = await openPki({ pki: ${JSON.stringify(folder)} });
  await serverCertificates(pki, '10.90.0.1');
  await nodeCertificates(pki, { name: 'test-1', address: '10.90.0.1' });
  console.log(JSON.stringify([...loaded]));
`;

describe("a cluster's certificates", () => {
  it('are made with a library that a start over existing ones does not load', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tsukube-pki-'));
    try {
      const run = async (): Promise<string[]> => {
        const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', start(folder)];
        const { stdout } = await promisify(execFile)(process.execPath, args);
        return JSON.parse(stdout) as string[];
      };
      const first = await run();
      assert.ok(first.includes('@peculiar/x509') && first.includes('reflect-metadata'), first.join(' '));
      const second = await run();
      assert.deepEqual(
        second.filter(name => /^@peculiar|reflect-metadata|tsyringe|asn1js|jose/.test(name)),
        [],
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
