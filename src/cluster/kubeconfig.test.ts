import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { contextName } from './access.ts';
import { installAccess, mergeAccess, removeAccess, uninstallAccess } from './kubeconfig.ts';

const access = {
  context: 'tsukube',
  server: 'https://127.0.0.1:6443',
  authority: 'CA',
  certificate: 'CERT',
  key: 'KEY',
};

test('merging into nothing gives a whole kubeconfig; removing gives none of it back', () => {
  const text = mergeAccess('', access);
  const config = parse(text);
  assert.equal(config['current-context'], 'tsukube');
  assert.equal(config.clusters[0].cluster.server, access.server);
  assert.equal(Buffer.from(config.users[0].user['client-key-data'], 'base64').toString(), 'KEY');
  const rest = parse(removeAccess(text, 'tsukube') ?? '');
  assert.deepEqual([rest.clusters, rest.contexts, rest.users, rest['current-context']], [[], [], [], '']);
});

test('what others wrote stays, comments too; merging twice changes nothing', () => {
  const theirs = `apiVersion: v1
kind: Config
# my work cluster
clusters:
- name: work
  cluster:
    server: https://work.example # do not touch
contexts:
- name: work
  context: {cluster: work, user: me}
users: []
current-context: work
`;
  const merged = mergeAccess(theirs, access);
  assert.match(merged, /# my work cluster/);
  assert.match(merged, /# do not touch/);
  assert.equal(mergeAccess(merged, access), merged);
  assert.equal(parse(merged).contexts.length, 2);
  const removed = removeAccess(merged, 'tsukube') ?? '';
  assert.equal(parse(removed).clusters[0].name, 'work');
  assert.equal(parse(removed)['current-context'], '');
  assert.equal(removeAccess(theirs, 'tsukube'), undefined);
});

test('a file that is no kubeconfig is refused and left alone; KUBECONFIG is honoured; the file is private', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsukube-kubeconfig-'));
  try {
    const file = join(folder, 'sub', 'config');
    const env = { KUBECONFIG: `${file}:${join(folder, 'other')}` };
    assert.equal(installAccess(access, env), file);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    uninstallAccess('tsukube', env);
    assert.deepEqual(parse(readFileSync(file, 'utf8')).users, []);
    writeFileSync(file, '- just\n- a list\n');
    assert.throws(() => installAccess(access, env), /is no valid kubeconfig/);
    assert.equal(readFileSync(file, 'utf8'), '- just\n- a list\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('context names', () => {
  assert.equal(contextName('tsukube'), 'tsukube');
  assert.equal(contextName('ci-7'), 'tsukube-ci-7');
});
