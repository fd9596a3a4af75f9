import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Container, V1Pod, V1Service } from '../../api/generated/types.ts';
import { ContainerConfigError, environmentOf, type References } from './environment.ts';
import { expand } from './expand.ts';
import { serviceEnvironment } from './service-env.ts';

const none: References = { configMap: () => undefined, secret: () => undefined };
const facts = {
  podIPs: ['10.0.0.7', 'fd00::7'],
  hostIPs: ['192.168.1.1'],
  allocatable: { cpu: '4', memory: '8Gi' },
};
const pod: V1Pod = {
  metadata: {
    name: 'web-0',
    namespace: 'shop',
    uid: 'u1',
    labels: { app: 'web' },
    annotations: { 'a/b': 'note' },
  },
  spec: { nodeName: 'n1', serviceAccountName: 'robot', containers: [] },
};
const env = (container: Partial<V1Container>, references = none, services = new Map<string, string>()) =>
  Object.fromEntries(
    environmentOf({ pod, container: { name: 'app', ...container }, facts, references, services }).map(
      ({ name, value }) => [name, value],
    ),
  );

test('references in text: known, unknown, escaped, half', () => {
  const lookup = (name: string): string | undefined => ({ A: 'x', EMPTY: '' })[name];
  for (const [text, wanted] of [
    ['$(A)', 'x'],
    ['$(A)$(A)', 'xx'],
    ['[$(EMPTY)]', '[]'],
    ['$(B)', '$(B)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$x'],
    ['$A $ $( $(A', '$A $ $( $(A'],
  ] as const)
    assert.equal(expand(text, lookup), wanted, text);
});

test('later definitions win, and see the earlier ones', () => {
  const references: References = { ...none, configMap: () => ({ data: { A: 'map', B: 'map' } }) };
  const result = env(
    {
      envFrom: [{ configMapRef: { name: 'c' } }, { prefix: 'P_', configMapRef: { name: 'c' } }],
      env: [
        { name: 'A', value: '$(B)!' },
        { name: 'C', value: '$(A)' },
      ],
    },
    references,
  );
  assert.deepEqual(result, { A: 'map!', B: 'map', P_A: 'map', P_B: 'map', C: 'map!' });
});

test('fields of the Pod, and resources in units', () => {
  const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
  const resource = (name: string, divisor?: string) => ({
    valueFrom: { resourceFieldRef: { resource: name, divisor } },
  });
  const result = env({
    resources: { requests: { cpu: '250m', memory: '100Mi' } },
    env: [
      { name: 'NAME', ...field('metadata.name') },
      { name: 'LABEL', ...field("metadata.labels['app']") },
      { name: 'NOTE', ...field("metadata.annotations['a/b']") },
      { name: 'IPS', ...field('status.podIPs') },
      { name: 'HOST', ...field('status.hostIP') },
      { name: 'ACCOUNT', ...field('spec.serviceAccountName') },
      { name: 'CPU', ...resource('requests.cpu') },
      { name: 'MILLIS', ...resource('requests.cpu', '1m') },
      { name: 'MEMORY', ...resource('requests.memory', '1Mi') },
      { name: 'LIMIT', ...resource('limits.memory', '1Gi') },
    ],
  });
  assert.deepEqual(result, {
    NAME: 'web-0',
    LABEL: 'web',
    NOTE: 'note',
    IPS: '10.0.0.7,fd00::7',
    HOST: '192.168.1.1',
    ACCOUNT: 'robot',
    CPU: '1',
    MILLIS: '250',
    MEMORY: '100',
    LIMIT: '8',
  });
});

test('what is missing is told, unless it is optional', () => {
  const key = (optional?: boolean) => ({
    env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional } } }],
  });
  assert.throws(() => env(key()), new ContainerConfigError('secret "s" not found'));
  assert.throws(
    () => env(key(), { ...none, secret: () => ({ data: {} }) }),
    new ContainerConfigError("couldn't find key k in Secret shop/s"),
  );
  assert.deepEqual(env(key(true)), {});
  assert.throws(
    () => env({ envFrom: [{ configMapRef: { name: 'c' } }] }),
    new ContainerConfigError('configmap "c" not found'),
  );
});

test('Services as variables, as Docker links had them', () => {
  const service = (name: string, namespace: string, clusterIP: string, ports: object[]): V1Service =>
    ({ metadata: { name, namespace }, spec: { clusterIP, ports } }) as V1Service;
  const services = [
    service('kubernetes', 'default', '10.96.0.1', [{ name: 'https', port: 443 }]),
    service('redis-main', 'shop', '10.96.0.2', [{ port: 6379, protocol: 'TCP' }]),
    service('headless', 'shop', 'None', [{ port: 1 }]),
    service('other', 'else', '10.96.0.3', [{ port: 1 }]),
  ];
  const all = serviceEnvironment(services, 'shop', true);
  assert.equal(all.get('REDIS_MAIN_SERVICE_HOST'), '10.96.0.2');
  assert.equal(all.get('REDIS_MAIN_PORT'), 'tcp://10.96.0.2:6379');
  assert.equal(all.get('REDIS_MAIN_PORT_6379_TCP_ADDR'), '10.96.0.2');
  assert.equal(all.get('KUBERNETES_SERVICE_PORT_HTTPS'), '443');
  assert.ok(![...all.keys()].some(name => name.startsWith('HEADLESS') || name.startsWith('OTHER')));
  const few = serviceEnvironment(services, 'shop', false);
  assert.ok([...few.keys()].every(name => name.startsWith('KUBERNETES_')));
});
