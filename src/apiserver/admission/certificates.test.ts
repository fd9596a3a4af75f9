import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificatesigningrequests } from '../../api/generated/resources/certificates.k8s.io.v1.ts';
import {
  clusterrolebindings,
  clusterroles,
} from '../../api/generated/resources/rbac.authorization.k8s.io.v1.ts';
import type { V1CertificateSigningRequest } from '../../api/generated/types.ts';
import { generateKey } from '../pki/keys.ts';
import { loadX509 } from '../pki/x509.ts';
import { eventually, startPolicyServer } from '../stages-testing.ts';
import { organizationsOf } from './certificates.ts';

async function requestOf(...organizations: string[]): Promise<string> {
  const { Pkcs10CertificateRequestGenerator } = await loadX509();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: ['jane'] }, ...organizations.map(each => ({ O: [each] }))],
    keys: await generateKey(),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return btoa(request.toString('pem'));
}

describe('certificates', () => {
  it('organizations are found in a request', async () => {
    assert.deepEqual(await organizationsOf(await requestOf('one', 'system:masters')), [
      'one',
      'system:masters',
    ]);
    await assert.rejects(organizationsOf('bm90IGEgcmVxdWVzdA=='));
  });

  it('are approved only by those who may for this signer', async () => {
    await using policy = await startPolicyServer();
    const { admin } = policy;
    const group = 'rbac.authorization.k8s.io';
    const rule = { apiGroups: ['certificates.k8s.io'], verbs: ['get', 'update'] };
    await admin.create(clusterroles, {
      metadata: { name: 'approver' },
      rules: [
        { ...rule, resources: ['certificatesigningrequests', 'certificatesigningrequests/approval'] },
        { ...rule, resources: ['signers'], resourceNames: ['example.org/*'], verbs: ['approve'] },
      ],
    });
    await admin.create(clusterrolebindings, {
      metadata: { name: 'approver' },
      subjects: [{ kind: 'User', name: 'approver', apiGroup: group }],
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'approver' },
    });
    const request = async (name: string, signerName: string): Promise<V1CertificateSigningRequest> => ({
      metadata: { name },
      spec: { signerName, request: await requestOf('team'), usages: ['client auth'] },
    });
    const approver = policy.as({ name: 'approver', groups: ['system:authenticated'] });
    const approve = async (name: string): Promise<unknown> => {
      const found = await approver.get(certificatesigningrequests, name);
      const condition = { type: 'Approved', status: 'True', reason: 'Test', message: '' };
      const body = { ...found, status: { ...found.status, conditions: [condition] } };
      return approver.subresource('update', certificatesigningrequests, name, undefined, 'approval', body);
    };
    await admin.create(certificatesigningrequests, await request('ours', 'example.org/client'));
    await admin.create(
      certificatesigningrequests,
      await request('theirs', 'kubernetes.io/kube-apiserver-client'),
    );
    await eventually(() => approve('ours'));
    const approved = await admin.get(certificatesigningrequests, 'ours');
    assert.equal(approved.status?.conditions?.[0]?.type, 'Approved');
    await assert.rejects(approve('theirs'), {
      code: 403,
      message:
        'certificatesigningrequests.certificates.k8s.io "theirs" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
    });
    const master = await request('master', 'kubernetes.io/kube-apiserver-client');
    master.spec.request = await requestOf('system:masters');
    await assert.rejects(
      admin.create(certificatesigningrequests, master),
      /with system:masters group is not allowed/,
    );
    master.spec.request = btoa('not a request');
    await assert.rejects(admin.create(certificatesigningrequests, master), {
      code: 403,
      message: /failed to parse CSR/,
    });
  });
});
