import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaOf } from '../api/schema.ts';
import { decodeObject } from './decode/decode.ts';
import { duplicateFields } from './decode/duplicates.ts';
import { deepFreeze } from './freeze.ts';
import { decodeBody, type FieldValidation } from './unknown-fields.ts';

const decode = (text: string, validation: FieldValidation = 'Strict') =>
  decodeBody(deepFreeze(JSON.parse(text)), schemaOf('V1Deployment'), {
    kind: 'Deployment',
    version: 'v1',
    validation,
    text,
  });

test('unknown and duplicate fields are refused, told or ignored', () => {
  const text =
    '{"spec":{"foo":1,"replicas":1,"replicas":2,"template":{"spec":{"containers":[{"name":"a"},{"imaeg":"x","name":"b"}]}}},"metadata":{"labels":{"a":"1","a":"2"}}}';
  assert.throws(() => decode(text), {
    code: 400,
    message:
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.foo", unknown field "spec.template.spec.containers[1].imaeg", duplicate field "spec.replicas", duplicate field "metadata.labels.a"',
  });
  const warned = decode(text, 'Warn');
  assert.deepEqual(warned.warnings, [
    'unknown field "spec.foo"',
    'unknown field "spec.template.spec.containers[1].imaeg"',
    'duplicate field "spec.replicas"',
    'duplicate field "metadata.labels.a"',
  ]);
  assert.deepEqual(warned.object.spec, {
    replicas: 2,
    template: { spec: { containers: [{ name: 'a' }, { name: 'b' }] } },
  });
  assert.deepEqual(decode(text, 'Ignore').warnings, []);
});

test('a body that fits comes back as it is', () => {
  const value = deepFreeze({
    metadata: { name: 'a' },
    spec: { replicas: 1, template: { spec: { containers: [] } } },
  });
  assert.equal(decodeObject(value, schemaOf('V1Deployment')).object, value);
});

const wrong: [string, string][] = [
  [
    '{"spec":{"replicas":"3"}}',
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    '{"spec":{"replicas":1.5}}',
    'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    '{"spec":{"replicas":3000000000}}',
    'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    '{"spec":{"paused":"yes"}}',
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool',
  ],
  [
    '{"spec":[]}',
    'json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec',
  ],
  [
    '{"metadata":{"labels":{"a":1}}}',
    'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels.a of type string',
  ],
  [
    '{"metadata":{"labels":"a"}}',
    'json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string',
  ],
  [
    '{"spec":{"template":{"spec":{"containers":{}}}}}',
    'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
  ],
  [
    '{"spec":{"template":{"spec":{"containers":[{"name":1}]}}}}',
    'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.name of type string',
  ],
  [
    '{"spec":{"template":{"spec":{"containers":[{"resources":{"limits":{"cpu":"lots"}}}]}}}}',
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    '{"metadata":{"creationTimestamp":"today"}}',
    'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"',
  ],
];
for (const [text, why] of wrong)
  test(`refused: ${text}`, () =>
    assert.throws(() => decode(text, 'Ignore'), {
      code: 400,
      message: `Deployment in version "v1" cannot be handled as a Deployment: ${why}`,
    }));

test('values are normalised as upstream does by decoding and encoding', () => {
  const { object } = decode(
    '{"metadata":{"creationTimestamp":null,"labels":{"a":null}},"spec":{"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":"25%"}},"template":{"spec":{"containers":[null,{"name":"a","resources":{"requests":{"cpu":0.5,"memory":"1024Mi"}}}]}}}}',
  );
  assert.deepEqual(object, {
    metadata: { labels: { a: '' } },
    spec: {
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: '25%' } },
      template: {
        spec: { containers: [{}, { name: 'a', resources: { requests: { cpu: '500m', memory: '1Gi' } } }] },
      },
    },
  });
});

test('base64 is checked where bytes are expected', () => {
  const secret = (value: string) => () => decodeObject({ data: { a: value } }, schemaOf('V1Secret'));
  assert.deepEqual(secret('aGk=')().object, { data: { a: 'aGk=' } });
  assert.throws(secret('no base64!'), { message: 'illegal base64 data at input byte 2' });
});

test('keys like prototype names are plain unknown fields', () => {
  const { object, unknown } = decodeObject(
    JSON.parse('{"__proto__":{"a":1},"constructor":1,"kind":"x"}'),
    schemaOf('V1Deployment'),
  );
  assert.deepEqual(unknown.sort(), ['__proto__', 'constructor']);
  assert.deepEqual(Object.keys(object as object), ['kind']);
});

test('duplicates are found in lists, after escapes and in nested objects, never across them', () => {
  assert.deepEqual(duplicateFields('{"a":{"b":1},"c":{"b":1},"l":[{"x":1},{"x":1,"x":2}]}'), ['l[1].x']);
  assert.deepEqual(duplicateFields('{"a\\"b":"}\\\\","a\\u0022b":1}'), ['a"b']);
  assert.deepEqual(duplicateFields('{"a":"{\\"b\\":1,\\"b\\":2}","b":[1,[2,{"a":1}]]}'), []);
  assert.deepEqual(duplicateFields('[]'), []);
});
