// RBAC, Node authorization and ServiceAccount tokens through the whole server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { namespaces, nodes, pods, secrets, serviceaccounts } from '../../api/generated/resources/core.v1.ts';
import {
  clusterrolebindings,
  clusterroles,
  rolebindings,
  roles,
} from '../../api/generated/resources/rbac.authorization.k8s.io.v1.ts';
import type {
  AuthenticationV1TokenRequest,
  V1SubjectAccessReview,
  V1TokenReview,
} from '../../api/generated/types.ts';
import { isForbidden } from '../../machinery/status-error.ts';
import { eventually, kubelet, type PolicyServer, startPolicyServer } from '../stages-testing.ts';

const group = 'rbac.authorization.k8s.io';
let policy: PolicyServer;
before(async () => {
  policy = await startPolicyServer();
  await policy.admin.create(namespaces, { metadata: { name: 'team' } });
  await policy.admin.create(serviceaccounts, { metadata: { name: 'default', namespace: 'team' } });
  await policy.admin.create(serviceaccounts, { metadata: { name: 'robot', namespace: 'team' } });
});
after(() => policy[Symbol.asyncDispose]());

const pod = (name: string, more: object = {}) => ({
  metadata: { name, namespace: 'team' },
  spec: { containers: [{ name: 'main', image: 'image' }], ...more },
});
const tokenFor = async (name: string, spec: object = {}): Promise<AuthenticationV1TokenRequest> => {
  const body = { spec };
  return policy.admin.subresource('create', serviceaccounts, name, 'team', 'token', body);
};

describe('who may do what', () => {
  it('nobody may do nothing but look at the server', async () => {
    const list = await policy.call('GET', '/api/v1/namespaces/default/pods');
    assert.equal(list.status, 403);
    assert.equal(
      list.json.message,
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    assert.deepEqual(list.json.details, { kind: 'pods' });
    const path = await policy.call('GET', '/metrics');
    assert.equal(path.json.message, 'forbidden: User "system:anonymous" cannot get path "/metrics"');
    assert.equal((await policy.call('GET', '/version')).status, 200);
    assert.equal((await policy.call('GET', '/api')).status, 403);
    assert.equal((await policy.call('GET', '/api', undefined, 'jane-token')).status, 200);
    assert.equal((await policy.call('GET', '/api', undefined, 'no-such-token')).status, 401);
  });

  it('a role in one namespace holds there and nowhere else, and ends with its binding', async () => {
    await policy.admin.create(roles, {
      metadata: { name: 'reader', namespace: 'team' },
      rules: [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] }],
    });
    await policy.admin.create(rolebindings, {
      metadata: { name: 'devs', namespace: 'team' },
      subjects: [{ kind: 'Group', name: 'devs', apiGroup: group }],
      roleRef: { apiGroup: group, kind: 'Role', name: 'reader' },
    });
    const list = (namespace: string) =>
      policy.call('GET', `/api/v1/namespaces/${namespace}/pods`, undefined, 'jane-token');
    await eventually(async () => assert.equal((await list('team')).status, 200));
    assert.equal((await list('default')).status, 403);
    const remove = await policy.call('DELETE', '/api/v1/namespaces/team/pods/x', undefined, 'jane-token');
    assert.equal(
      remove.json.message,
      'pods "x" is forbidden: User "jane" cannot delete resource "pods" in API group "" in the namespace "team"',
    );
    const review = await policy.admin.create(
      {
        group: 'authorization.k8s.io',
        version: 'v1',
        resource: 'subjectaccessreviews',
        kind: 'SubjectAccessReview',
        namespaced: false,
      },
      {
        spec: {
          user: 'jane',
          groups: ['devs'],
          resourceAttributes: { namespace: 'team', verb: 'get', resource: 'pods', subresource: 'log' },
        },
      } as V1SubjectAccessReview,
    );
    assert.deepEqual((review as V1SubjectAccessReview).status, {
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "devs/team" of Role "reader" to Group "devs"',
    });
    await policy.admin.delete(rolebindings, 'devs', 'team');
    await eventually(async () => assert.equal((await list('team')).status, 403));
  });

  it('nobody grants what they do not hold', async () => {
    await policy.admin.create(clusterroles, {
      metadata: { name: 'role-maker' },
      rules: [
        { apiGroups: [group], resources: ['roles', 'rolebindings'], verbs: ['create', 'update'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      ],
    });
    await policy.admin.create(clusterrolebindings, {
      metadata: { name: 'role-maker' },
      subjects: [{ kind: 'User', name: 'maker', apiGroup: group }],
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'role-maker' },
    });
    const maker = policy.as({ name: 'maker', groups: ['system:authenticated'] });
    const role = (name: string, verbs: string[]) => ({
      metadata: { name, namespace: 'team' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs }],
    });
    await eventually(() => maker.create(roles, role('small', ['get'])));
    await assert.rejects(maker.create(roles, role('big', ['get', 'delete', 'list'])), {
      reason: 'Forbidden',
      message:
        'roles.rbac.authorization.k8s.io "big" is forbidden: user "maker" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete" "list"]}',
    });
    await assert.rejects(
      maker.create(rolebindings, {
        metadata: { name: 'grab', namespace: 'team' },
        subjects: [{ kind: 'User', name: 'maker', apiGroup: group }],
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
      }),
      /is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]\}\n\{NonResourceURLs/,
    );
  });

  it('the roles that upstream has for users are there and do what they say', async () => {
    for (const [role, verb, resource, allowed] of [
      ['view', 'list', 'pods', true],
      ['view', 'list', 'secrets', false],
      ['edit', 'create', 'deployments', true],
      ['edit', 'create', 'roles', false],
      ['admin', 'create', 'roles', true],
    ] as const) {
      const { rules = [] } = await policy.admin.get(clusterroles, role);
      const found = rules.some(rule => rule.resources?.includes(resource) && rule.verbs?.includes(verb));
      assert.equal(found, allowed, `${role} ${verb} ${resource}`);
    }
  });
});

describe('ServiceAccount tokens', () => {
  it('say who, for whom and on whose behalf, and end with what they are bound to', async () => {
    const created = await policy.admin.create(pods, pod('bound', { serviceAccountName: 'robot' }));
    const { status } = await tokenFor('robot', {
      expirationSeconds: 3607,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'bound', uid: created.metadata.uid },
    });
    const token = status!.token!;
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
    assert.equal(claims.iss, 'https://kubernetes.default.svc.cluster.local');
    assert.deepEqual(claims.aud, ['https://kubernetes.default.svc.cluster.local']);
    assert.equal(claims.sub, 'system:serviceaccount:team:robot');
    assert.equal(claims['kubernetes.io'].pod.uid, created.metadata.uid);
    // A kubelet's token is good for a year, with a warning after what was asked for.
    assert.equal(claims.exp - claims.iat, 365 * 24 * 3600);
    assert.equal(claims['kubernetes.io'].warnafter - claims.iat, 3607);

    const whoami = () =>
      policy.call(
        'POST',
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        token,
      );
    const answer = (await whoami()).json as unknown as { status: { userInfo: Record<string, unknown> } };
    const { userInfo } = answer.status;
    assert.equal(userInfo.username, 'system:serviceaccount:team:robot');
    assert.deepEqual(userInfo.groups, [
      'system:serviceaccounts',
      'system:serviceaccounts:team',
      'system:authenticated',
    ]);
    assert.deepEqual((userInfo.extra as Record<string, string[]>)['authentication.kubernetes.io/pod-name'], [
      'bound',
    ]);

    await policy.admin.delete(pods, 'bound', 'team', { gracePeriodSeconds: 0 });
    await eventually(async () => assert.equal((await whoami()).status, 401));
  });

  it('for others are not for the API server, and changed ones for nobody', async () => {
    const { status } = await tokenFor('robot', { audiences: ['vault'] });
    const token = status!.token!;
    assert.equal((await policy.call('GET', '/api', undefined, token)).status, 401);
    const review = async (spec: object): Promise<V1TokenReview['status']> =>
      (
        (
          await policy.call(
            'POST',
            '/apis/authentication.k8s.io/v1/tokenreviews',
            { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec },
            'admin-token',
          )
        ).json as unknown as V1TokenReview
      ).status;
    const valid = await review({ token, audiences: ['vault', 'other'] });
    assert.equal(valid?.authenticated, true);
    assert.deepEqual(valid?.audiences, ['vault']);
    assert.equal((await review({ token }))?.authenticated, false);
    const [head, body, signature] = token.split('.');
    const forged = `${head}.${Buffer.from(
      Buffer.from(body!, 'base64url').toString().replaceAll('robot', 'admin'),
    ).toString('base64url')}.${signature}`;
    assert.equal((await review({ token: forged, audiences: ['vault'] }))?.authenticated, false);
  });

  it('are refused for too short a time, and for a Pod of another account', async () => {
    await assert.rejects(tokenFor('robot', { expirationSeconds: 300 }), {
      code: 422,
      message:
        / spec.expirationSeconds: Invalid value: 300: may not specify a duration less than 10 minutes$/,
    });
    await policy.admin.create(pods, pod('other'));
    await assert.rejects(
      tokenFor('robot', { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'other' } }),
      /cannot bind token for serviceaccount "robot" to pod running with different serviceaccount name/,
    );
    await assert.rejects(tokenFor('nobody'), {
      reason: 'NotFound',
      message: 'serviceaccounts "nobody" not found',
    });
  });
});

describe('kubelets', () => {
  it('read what their own Pods need, and write their own objects', async () => {
    for (const name of ['one', 'two']) await policy.admin.create(nodes, { metadata: { name } });
    for (const name of ['mine', 'theirs'])
      await policy.admin.create(secrets, { metadata: { name, namespace: 'team' } });
    const volumes = [{ name: 'secret', secret: { secretName: 'mine' } }];
    await policy.admin.create(pods, pod('on-one', { nodeName: 'one', volumes }));
    const one = policy.as(kubelet('one'));
    await eventually(() => one.get(secrets, 'mine', 'team'));
    await assert.rejects(one.get(secrets, 'theirs', 'team'), {
      message:
        'secrets "theirs" is forbidden: User "system:node:one" cannot get resource "secrets" in API group "" in the namespace "team": no relationship found between node \'one\' and this object',
    });
    await assert.rejects(one.list(secrets), isForbidden);
    await assert.rejects(policy.as(kubelet('two')).get(secrets, 'mine', 'team'), isForbidden);

    const pods1 = await one.get(pods, 'on-one', 'team');
    const running = await one.updateStatus(pods, { ...pods1, status: { phase: 'Running' } });
    await assert.rejects(
      policy.as(kubelet('two')).updateStatus(pods, { ...running, status: { phase: 'Failed' } }),
      /node "two" can only update pod status for pods with spec.nodeName set to itself/,
    );
    const other = await one.get(nodes, 'two');
    await assert.rejects(
      one.update(nodes, { ...other, metadata: { ...other.metadata, labels: { a: 'b' } } }),
      /node "one" is not allowed to modify node "two"/,
    );
    const own = await one.get(nodes, 'one');
    assert.deepEqual(own.spec?.taints, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
    await assert.rejects(
      one.update(nodes, { ...own, spec: { ...own.spec, taints: [] } }),
      /is not allowed to modify taints/,
    );
    await assert.rejects(
      one.create(pods, pod('sneaked', { nodeName: 'one' })),
      /node "one" can only create mirror pods/,
    );
    const token = {
      spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'on-one', uid: pods1.metadata.uid } },
    };
    const answer = await one.subresource<AuthenticationV1TokenRequest>(
      'create',
      serviceaccounts,
      'default',
      'team',
      'token',
      token,
    );
    assert.ok(answer.status?.token);
    await assert.rejects(
      policy.as(kubelet('two')).subresource('create', serviceaccounts, 'default', 'team', 'token', token),
      isForbidden,
    );
  });
});
