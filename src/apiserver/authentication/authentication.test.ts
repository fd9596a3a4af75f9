import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { secrets } from '../../api/generated/resources/core.v1.ts';
import type { V1SelfSubjectReview } from '../../api/generated/types.ts';
import { seededRandom } from '../../machinery/random.ts';
import { realClock } from '../../platform/clock.ts';
import { createTestClock } from '../../testing/clock.ts';
import { generateKey } from '../pki/keys.ts';
import { eventually, startPolicyServer } from '../stages-testing.ts';
import { bearerToken } from './bearer.ts';
import { certificateAuthenticator } from './certificate.ts';
import { createTokenIssuer, openIdConfiguration } from './tokens.ts';

describe('credentials', () => {
  it('a certificate names the user and its groups', async () => {
    const certificate = { commonName: 'jane', organizations: ['devs'] };
    assert.deepEqual(await certificateAuthenticator({ certificate }), {
      name: 'jane',
      groups: ['devs', 'system:authenticated'],
    });
    assert.equal(await certificateAuthenticator({}), undefined);
  });

  it('a bearer token is found in its header', () => {
    assert.equal(bearerToken('Bearer abc'), 'abc');
    assert.equal(bearerToken('bearer   abc '), 'abc');
    for (const other of [undefined, '', 'Bearer', 'Basic abc']) assert.equal(bearerToken(other), undefined);
  });

  it('a bootstrap token lets a node in until it ends', async () => {
    await using policy = await startPolicyServer();
    const text = (value: string): string => Buffer.from(value).toString('base64');
    const token = (id: string, more: Record<string, string>) =>
      policy.admin.create(secrets, {
        metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
        type: 'bootstrap.kubernetes.io/token',
        data: {
          'token-id': text(id),
          'token-secret': text('0123456789abcdef'),
          'usage-bootstrap-authentication': text('true'),
          'auth-extra-groups': text('system:bootstrappers:tsukube'),
          ...more,
        },
      });
    await token('abcdef', {});
    await token('ended0', { expiration: text(new Date(realClock.now() - 1000).toISOString()) });
    await token('signer', { 'usage-bootstrap-authentication': text('false') });
    const whoami = (bearer: string) =>
      policy.call(
        'POST',
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        bearer,
      );
    await eventually(async () => {
      const answer = await whoami('abcdef.0123456789abcdef');
      assert.equal(answer.status, 201);
      const { userInfo } = (answer.json as unknown as V1SelfSubjectReview).status!;
      assert.equal(userInfo?.username, 'system:bootstrap:abcdef');
      assert.deepEqual(userInfo?.groups, [
        'system:bootstrappers',
        'system:bootstrappers:tsukube',
        'system:authenticated',
      ]);
    });
    for (const bad of [
      'abcdef.0123456789abcdee',
      'ended0.0123456789abcdef',
      'signer.0123456789abcdef',
      'nobody.0123456789abcdef',
    ])
      assert.equal((await whoami(bad)).status, 401, bad);
  });

  it('nobody is let in where anonymous requests are not wanted', async () => {
    await using policy = await startPolicyServer({ anonymous: false });
    assert.equal((await policy.call('GET', '/version')).status, 401);
  });
});

describe('tokens', () => {
  const claims = { namespace: 'n', serviceaccount: { name: 's', uid: 'u' } };

  it('are good for their time and for their issuer only', async () => {
    const { pem } = await generateKey();
    const clock = createTestClock();
    const make = (issuer: string, key = pem) =>
      createTokenIssuer({ key, issuer, clock, random: seededRandom(1) });
    const issuer = make('https://one');
    const token = await issuer.issue(claims, ['a', 'b'], 600);
    const fresh = await issuer.verify(token);
    assert.deepEqual([fresh?.sub, fresh?.aud], ['system:serviceaccount:n:s', ['a', 'b']]);
    assert.equal(await make('https://two').verify(token), undefined);
    assert.equal(await make('https://one', (await generateKey()).pem).verify(token), undefined);
    await clock.advance(599_000);
    assert.ok(await issuer.verify(token));
    await clock.advance(2_000);
    assert.equal(await issuer.verify(token), undefined);
    for (const bad of ['', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.'])
      assert.equal(await issuer.verify(bad), undefined);
  });

  it('can be checked by others with what discovery tells', async () => {
    const { pem } = await generateKey();
    const context = { clock: realClock, random: seededRandom(1) };
    const issuer = createTokenIssuer({
      key: pem,
      issuer: 'https://kubernetes.default.svc.cluster.local',
      ...context,
    });
    const token = await issuer.issue(claims, ['x'], 600);
    const { createLocalJWKSet } = await import('jose/jwks/local');
    const { jwtVerify } = await import('jose/jwt/verify');
    const keys = createLocalJWKSet((await issuer.jwks()) as Parameters<typeof createLocalJWKSet>[0]);
    const { payload } = await jwtVerify(token, keys, { audience: 'x' });
    assert.equal(payload.sub, 'system:serviceaccount:n:s');
    const { calculateJwkThumbprint } = await import('jose/jwk/thumbprint');
    const { decodeProtectedHeader } = await import('jose/decode/protected_header');
    const [published] = (await issuer.jwks()).keys;
    assert.deepEqual(Object.keys(published!).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    assert.deepEqual(decodeProtectedHeader(token), {
      alg: 'ES256',
      kid: await calculateJwkThumbprint(published!),
    });
    const told = openIdConfiguration(issuer.issuer, 'https://192.0.2.1:6443/openid/v1/jwks');
    assert.deepEqual(
      [told.issuer, told.id_token_signing_alg_values_supported],
      ['https://kubernetes.default.svc.cluster.local', ['ES256']],
    );
  });
});
