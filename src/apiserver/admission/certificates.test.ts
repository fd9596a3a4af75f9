import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificatesigningrequests } from '../../api/generated/resources/certificates.k8s.io.v1.ts';
import {
  clusterrolebindings,
  clusterroles,
} from '../../api/generated/resources/rbac.authorization.k8s.io.v1.ts';
import type { V1CertificateSigningRequest } from '../../api/generated/types.ts';
import { objectId, sequence, set, toBase64, toPem, utf8 } from '../pki/der.ts';
import { eventually, startPolicyServer } from '../stages-testing.ts';
import { organizationsOf } from './certificates.ts';

/** As much of a request as its subject. */
function requestOf(...organizations: string[]): string {
  const names = organizations.map(each => set([sequence(objectId('2.5.4.10'), utf8(each))]));
  const pem = toPem('CERTIFICATE REQUEST', sequence(sequence(...names)));
  return toBase64(new TextEncoder().encode(pem));
}

describe('certificates', () => {
  it('organizations are found in a request', () => {
    assert.deepEqual(organizationsOf(requestOf('one', 'system:masters')), ['one', 'system:masters']);
    assert.deepEqual(organizationsOf('bm90IGEgcmVxdWVzdA=='), []);
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
    const request = (name: string, signerName: string): V1CertificateSigningRequest => ({
      metadata: { name },
      spec: { signerName, request: requestOf('team'), usages: ['client auth'] },
    });
    const approver = policy.as({ name: 'approver', groups: ['system:authenticated'] });
    const approve = async (name: string): Promise<unknown> => {
      const found = await approver.get(certificatesigningrequests, name);
      const condition = { type: 'Approved', status: 'True', reason: 'Test', message: '' };
      const body = { ...found, status: { ...found.status, conditions: [condition] } };
      return approver.subresource('update', certificatesigningrequests, name, undefined, 'approval', body);
    };
    await admin.create(certificatesigningrequests, request('ours', 'example.org/client'));
    await admin.create(certificatesigningrequests, request('theirs', 'kubernetes.io/kube-apiserver-client'));
    await eventually(() => approve('ours'));
    const approved = await admin.get(certificatesigningrequests, 'ours');
    assert.equal(approved.status?.conditions?.[0]?.type, 'Approved');
    await assert.rejects(approve('theirs'), {
      code: 403,
      message:
        'certificatesigningrequests.certificates.k8s.io "theirs" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
    });
    const master = request('master', 'kubernetes.io/kube-apiserver-client');
    master.spec.request = requestOf('system:masters');
    await assert.rejects(
      admin.create(certificatesigningrequests, master),
      /with system:masters group is not allowed/,
    );
  });
});
