import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configmaps, endpoints, namespaces, services } from '../../api/generated/resources/core.v1.ts';
import { endpointslices } from '../../api/generated/resources/discovery.k8s.io.v1.ts';
import { servicecidrs } from '../../api/generated/resources/networking.k8s.io.v1.ts';
import {
  clusterrolebindings,
  clusterroles,
} from '../../api/generated/resources/rbac.authorization.k8s.io.v1.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { eventually, startPolicyServer } from '../stages-testing.ts';
import { rule } from './rules.ts';

describe('a new cluster', () => {
  it('has its namespaces, roles, Services and endpoints; a second start writes nothing', async () => {
    const store = createMemoryStore();
    {
      await using policy = await startPolicyServer({ clientCa: 'the CA' }, { store });
      const { admin } = policy;
      const names = (await admin.list(namespaces)).items.map(({ metadata }) => metadata.name);
      assert.deepEqual(names, ['default', 'kube-node-lease', 'kube-public', 'kube-system']);
      const slice = await admin.get(endpointslices, 'kubernetes', 'default');
      assert.deepEqual(slice.endpoints?.[0]?.addresses, ['192.0.2.1']);
      assert.equal(
        (await admin.get(endpoints, 'kubernetes', 'default')).subsets?.[0]?.ports?.[0]?.port,
        6443,
      );
      const { data } = await admin.get(configmaps, 'extension-apiserver-authentication', 'kube-system');
      assert.equal(data?.['client-ca-file'], 'the CA');
      await eventually(async () => {
        const { status } = await admin.get(servicecidrs, 'kubernetes');
        assert.equal(status?.conditions?.[0]?.status, 'True');
      });
    }
    const { revision } = store;
    await using policy = await startPolicyServer({ clientCa: 'the CA' }, { store });
    await policy.admin.list(services);
    assert.equal(store.revision, revision);
  });

  it('mends what was taken from its policy, keeps what was added, and follows a new port', async () => {
    const store = createMemoryStore();
    {
      await using policy = await startPolicyServer({}, { store });
      const { admin } = policy;
      const role = await admin.get(clusterroles, 'system:kube-dns');
      const added = { apiGroups: ['example.org'], resources: ['things'], verbs: ['get'] };
      await admin.update(clusterroles, { ...role, rules: [added] });
      await admin.delete(clusterrolebindings, 'system:discovery');
      const alone = await admin.get(clusterroles, 'system:heapster');
      const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
      await admin.update(clusterroles, { ...alone, metadata: { ...alone.metadata, annotations }, rules: [] });
    }
    await using policy = await startPolicyServer(
      { apiServer: { address: '192.0.2.2', port: 7443 } },
      { store },
    );
    const { admin } = policy;
    const { rules = [] } = await admin.get(clusterroles, 'system:kube-dns');
    assert.equal(rules[0]?.apiGroups?.[0], 'example.org');
    assert.ok(rules.some(each => each.resources?.includes('services') && each.verbs?.includes('watch')));
    await admin.get(clusterrolebindings, 'system:discovery');
    assert.deepEqual((await admin.get(clusterroles, 'system:heapster')).rules ?? [], []);
    const { spec } = await admin.get(services, 'kubernetes', 'default');
    assert.deepEqual([spec?.clusterIP, spec?.ports?.[0]?.targetPort], ['10.96.0.1', 7443]);
    const slice = await admin.get(endpointslices, 'kubernetes', 'default');
    assert.deepEqual([slice.endpoints?.[0]?.addresses, slice.ports?.[0]?.port], [['192.0.2.2'], 7443]);
  });

  it('the short hand of the tables', () => {
    assert.deepEqual(rule('core apps: pods pods/log: READ delete'), {
      apiGroups: ['', 'apps'],
      resources: ['pods', 'pods/log'],
      verbs: ['delete', 'get', 'list', 'watch'],
    });
    assert.deepEqual(
      rule('certificates.k8s.io: signers: sign: kubernetes.io/kubelet-serving').resourceNames,
      ['kubernetes.io/kubelet-serving'],
    );
    assert.deepEqual(rule('/healthz /livez/*: get'), {
      nonResourceURLs: ['/healthz', '/livez/*'],
      verbs: ['get'],
    });
  });
});
