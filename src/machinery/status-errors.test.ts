import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isConflict, isNotFound, StatusError } from './status-error.ts';
import {
  applyConflict,
  conflict,
  forbidden,
  invalid,
  modified,
  notFound,
  serverTimeout,
  timeout,
  tooLarge,
  unprocessable,
} from './status-errors.ts';

const deployments = { group: 'apps', resource: 'deployments' };
const pods = { group: '', resource: 'pods' };

test('a Status on the wire says what upstream says', () => {
  assert.deepEqual(notFound(deployments, 'web').toStatus(), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'deployments.apps "web" not found',
    reason: 'NotFound',
    details: { name: 'web', group: 'apps', kind: 'deployments' },
    code: 404,
  });
  assert.deepEqual(timeout('too long').toStatus().details, {});
  assert.deepEqual(unprocessable(new Error('x')).toStatus(), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the server rejected our request due to an error in our request',
    reason: 'Invalid',
    details: {},
    code: 422,
  });
});

const messages: [StatusError, string][] = [
  [
    modified(pods, 'a'),
    'Operation cannot be fulfilled on pods "a": the object has been modified; please apply your changes to the latest version and try again',
  ],
  [conflict(deployments, 'a', 'why'), 'Operation cannot be fulfilled on deployments.apps "a": why'],
  [forbidden(pods, 'a', 'why'), 'pods "a" is forbidden: why'],
  [forbidden(pods, '', 'why'), 'pods is forbidden: why'],
  [forbidden({ group: '', resource: '' }, '', 'why'), 'forbidden: why'],
  [tooLarge('limit is 1'), 'Request entity too large: limit is 1'],
  [
    serverTimeout(pods, 'list'),
    'The list operation against pods could not be completed at this time, please try again.',
  ],
  [
    invalid({ group: 'apps', kind: 'Deployment' }, 'web', [{ field: 'a', message: 'Required value' }]),
    'Deployment.apps "web" is invalid: a: Required value',
  ],
  [
    invalid({ group: '', kind: 'Pod' }, 'x', [
      { field: 'a', message: 'Required value' },
      { field: 'b', message: 'Too long' },
      { field: 'a', message: 'Required value' },
    ]),
    'Pod "x" is invalid: [a: Required value, b: Too long]',
  ],
  [invalid({ group: '', kind: '' }, '', [{ field: 'patch', message: 'x' }]), ' "" is invalid: patch: x'],
];
for (const [error, message] of messages) test(message, () => assert.equal(error.message, message));

test('errors come back from the wire as what they were', () => {
  const back = StatusError.fromStatus(JSON.parse(JSON.stringify(applyConflict('no', []).toStatus())));
  assert.ok(isConflict(back) && !isNotFound(back));
  assert.equal(back.code, 409);
});
