// Images come from registries as usual: here Debian's docker-registry on the host's loopback, and archives by `image load`.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { imageArchive } from '../../src/cluster/images/archive.ts';
import { eventually, run, Sandbox } from './harness.ts';

const box = new Sandbox();
const name = 'e2e-pull';
let registry: ChildProcess;
let port = 0;

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const entries = [
  { path: 'bin', directory: true as const },
  { path: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
];
const config = { Entrypoint: ['/bin/busybox', 'sleep', 'infinity'] };

/** Uploads an image by the registry's HTTP API: blobs, then the manifest. */
async function push(repository: string, tag: string): Promise<void> {
  const archive = join(box.folder, `${tag}.tar`);
  writeFileSync(archive, await imageArchive([{ reference: `${repository}:${tag}`, entries, config }]));
  const folder = join(box.folder, `${tag}.oci`);
  mkdirSync(folder);
  assert.equal((await run('tar', ['-xf', archive, '-C', folder])).code, 0);
  const blob = (digest: string): Buffer => readFileSync(join(folder, 'blobs', ...digest.split(':')));
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  const manifest = blob(index.manifests[0].digest);
  const { config: configBlob, layers, mediaType } = JSON.parse(manifest.toString());
  const base = `http://127.0.0.1:${port}/v2/${repository}`;
  for (const { digest } of [configBlob, ...layers]) {
    const start = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
    const location = new URL(start.headers.get('location')!, base);
    location.searchParams.set('digest', digest);
    const done = await fetch(location, {
      method: 'PUT',
      body: new Uint8Array(blob(digest)),
      headers: { 'content-type': 'application/octet-stream' },
    });
    assert.equal(done.status, 201, await done.text());
  }
  const put = await fetch(`${base}/manifests/${tag}`, {
    method: 'PUT',
    body: new Uint8Array(manifest),
    headers: { 'content-type': mediaType },
  });
  assert.equal(put.status, 201, await put.text());
  assert.equal(
    put.headers.get('docker-content-digest'),
    `sha256:${createHash('sha256').update(manifest).digest('hex')}`,
  );
}

before(async () => {
  port = await freePort();
  const file = join(box.folder, 'registry.yml');
  writeFileSync(
    file,
    `version: 0.1\nstorage: {filesystem: {rootdirectory: ${box.folder}/registry}}\nhttp: {addr: "127.0.0.1:${port}"}\n`,
  );
  registry = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
  await eventually('the registry answers', async () => (await fetch(`http://127.0.0.1:${port}/v2/`)).ok);
  const outcome = await box.tsukube(['up', '--name', name]);
  assert.equal(outcome.code, 0, outcome.stderr);
});
after(async () => {
  registry?.kill();
  await box[Symbol.asyncDispose]();
});

test('an image is pulled from a registry on the host, with its events; a missing one backs off', async () => {
  await push('team/app', 'v1');
  const image = `127.0.0.1:${port}/team/app:v1`;
  await box.sh(`kubectl run pulled --image=${image}`);
  await box.sh('kubectl wait --for=condition=Ready pod/pulled --timeout=60s');
  const described = await box.sh('kubectl describe pod pulled');
  assert.match(described, new RegExp(`Pulling image "${image}"`));
  assert.match(described, new RegExp(`Successfully pulled image "${image}" in `));
  await box.sh(`kubectl run missing --image=127.0.0.1:${port}/team/none:v1`);
  await eventually('it backs off', async () =>
    /ErrImagePull|ImagePullBackOff/.test(await box.sh('kubectl get pod missing')),
  );
  await box.sh('kubectl delete pod pulled missing --now');
});

test('an archive is loaded, and runs without a pull', async () => {
  const archive = join(box.folder, 'load.tar');
  writeFileSync(archive, await imageArchive([{ reference: 'docker.io/library/loaded:v1', entries, config }]));
  const outcome = await box.tsukube(['image', 'load', archive, '--name', name]);
  assert.equal(outcome.code, 0, outcome.stderr);
  assert.match(outcome.stdout, /loaded docker.io\/library\/loaded:v1/);
  // The short name is Docker Hub's, as everywhere.
  await box.sh('kubectl run loaded --image=loaded:v1 --image-pull-policy=Never');
  await box.sh('kubectl wait --for=condition=Ready pod/loaded --timeout=30s');
  const bad = join(box.folder, 'bad.tar');
  writeFileSync(bad, 'no archive');
  const refused = await box.tsukube(['image', 'load', bad, '--name', name]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /cannot be loaded/);
});
