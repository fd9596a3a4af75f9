import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialsFor } from './credentials.ts';
import { ImageNameError, parseImageName, withDefaultTag } from './image-name.ts';

test('names are normalised as Docker does', () => {
  const parts = (name: string) => {
    const { registry, repository, tag, digest } = parseImageName(name);
    return [registry, repository, tag, digest && 'digest'].filter(part => part !== undefined).join(' ');
  };
  assert.equal(parts('nginx'), 'docker.io library/nginx');
  assert.equal(parts('nginx:1.27'), 'docker.io library/nginx 1.27');
  assert.equal(parts('user/app'), 'docker.io user/app');
  assert.equal(parts('docker.io/nginx'), 'docker.io library/nginx');
  assert.equal(parts('index.docker.io/library/nginx'), 'docker.io library/nginx');
  assert.equal(parts('registry.test/a/b/c:v1'), 'registry.test a/b/c v1');
  assert.equal(parts('localhost/app'), 'localhost app');
  assert.equal(parts('127.0.0.1:5000/app:v1'), '127.0.0.1:5000 app v1');
  assert.equal(parts(`app@sha256:${'a'.repeat(64)}`), 'docker.io library/app digest');
  assert.equal(withDefaultTag('nginx'), 'nginx:latest');
  assert.equal(withDefaultTag('127.0.0.1:5000/app'), '127.0.0.1:5000/app:latest');
  assert.equal(withDefaultTag('nginx:1'), 'nginx:1');
  for (const bad of ['', 'Nginx', 'a b', 'x:', 'http://x/y', '-x', 'x@sha256:12'])
    assert.throws(() => parseImageName(bad), ImageNameError, bad);
});

test('credentials by registry and path, the most particular first', () => {
  const config = (auths: object) => ({ data: { '.dockerconfigjson': btoa(JSON.stringify({ auths })) } });
  const login = (user: string) => ({ auth: btoa(`${user}:pass:word`) });
  const secrets = [
    { data: { '.dockerconfigjson': '!broken' } },
    config({
      'registry.test': login('all'),
      'https://registry.test/v1/': login('old'),
      'registry.test/team': login('team'),
    }),
    config({ '*.example.test': login('wild'), 'https://index.docker.io/v1/': login('hub') }),
  ];
  const users = (image: string) => credentialsFor(image, secrets).map(({ username }) => username);
  assert.deepEqual(users('registry.test/other/app'), ['old', 'all']);
  assert.equal(users('registry.test/team/app').includes('team'), true);
  assert.deepEqual(users('a.example.test/app'), ['wild']);
  assert.deepEqual(users('a.b.example.test/app'), []);
  assert.deepEqual(users('nginx'), ['hub']);
  assert.deepEqual(users('elsewhere.test/app'), []);
  assert.equal(credentialsFor('nginx', secrets)[0]?.password, 'pass:word');
});
