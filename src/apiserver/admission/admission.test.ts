// What the admission plugins make of objects, through the whole server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  configmaps,
  limitranges,
  namespaces,
  persistentvolumeclaims,
  pods,
  serviceaccounts,
} from '../../api/generated/resources/core.v1.ts';
import { runtimeclasses } from '../../api/generated/resources/node.k8s.io.v1.ts';
import { priorityclasses } from '../../api/generated/resources/scheduling.k8s.io.v1.ts';
import { storageclasses } from '../../api/generated/resources/storage.k8s.io.v1.ts';
import type { V1Pod } from '../../api/generated/types.ts';
import { StatusError } from '../../machinery/status-error.ts';
import { eventually, type PolicyServer, startPolicyServer } from '../stages-testing.ts';

let policy: PolicyServer;
before(async () => {
  policy = await startPolicyServer();
  await policy.admin.create(serviceaccounts, { metadata: { name: 'default', namespace: 'default' } });
});
after(() => policy[Symbol.asyncDispose]());

const pod = (name: string, spec: Partial<V1Pod['spec']> = {}): V1Pod => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'image' }], ...spec },
});
const dryPod = (spec: Partial<V1Pod['spec']> = {}) =>
  policy.admin.create(pods, pod('trial', spec), { dryRun: true });

describe('NamespaceLifecycle', () => {
  it('a missing namespace is not found, one that leaves takes nothing new, three stay for ever', async () => {
    const { admin } = policy;
    const map = (namespace: string) => ({ metadata: { name: 'map', namespace } });
    await assert.rejects(admin.create(configmaps, map('nowhere')), {
      code: 404,
      message: 'namespaces "nowhere" not found',
    });
    await admin.create(namespaces, { metadata: { name: 'leaving' } });
    await admin.create(configmaps, map('leaving'));
    await admin.delete(namespaces, 'leaving');
    await assert.rejects(
      admin.create(configmaps, { metadata: { name: 'late', namespace: 'leaving' } }),
      (error: unknown) => {
        assert.ok(error instanceof StatusError);
        assert.equal(
          error.message,
          'configmaps "late" is forbidden: unable to create new content in namespace leaving because it is being terminated',
        );
        assert.deepEqual(error.details?.causes, [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace leaving is being terminated',
            field: 'metadata.namespace',
          },
        ]);
        return true;
      },
    );
    await admin.delete(configmaps, 'map', 'leaving');
    for (const name of ['default', 'kube-system', 'kube-public']) {
      await assert.rejects(admin.delete(namespaces, name), {
        code: 403,
        message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      });
    }
  });
});

describe('ServiceAccount', () => {
  it('mounts the token, the CA and the namespace where programs look for them', async () => {
    const { spec } = await dryPod({ initContainers: [{ name: 'init', image: 'image' }] });
    assert.equal(spec?.serviceAccountName, 'default');
    const [volume] = spec!.volumes!;
    assert.match(volume!.name, /^kube-api-access-[a-z0-9]{5}$/);
    assert.deepEqual(volume!.projected, {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    });
    const mount = {
      name: volume!.name,
      readOnly: true,
      mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    };
    assert.deepEqual(spec?.containers[0]?.volumeMounts, [mount]);
    assert.deepEqual(spec?.initContainers?.[0]?.volumeMounts, [mount]);
    assert.equal((await dryPod({ automountServiceAccountToken: false })).spec?.volumes, undefined);
  });

  it('gives pull secrets, and refuses an account that is missing', async () => {
    await policy.admin.create(serviceaccounts, {
      metadata: { name: 'puller', namespace: 'default' },
      imagePullSecrets: [{ name: 'registry' }],
      automountServiceAccountToken: false,
    });
    const { spec } = await dryPod({ serviceAccountName: 'puller' });
    assert.deepEqual(spec?.imagePullSecrets, [{ name: 'registry' }]);
    assert.equal(spec?.volumes, undefined);
    await assert.rejects(dryPod({ serviceAccountName: 'nobody' }), {
      code: 403,
      message:
        'pods "trial" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
    });
  });

  it('waits a moment for the account of a new namespace', async () => {
    await policy.admin.create(namespaces, { metadata: { name: 'fresh' } });
    const created = policy.admin.create(pods, {
      ...pod('early'),
      metadata: { name: 'early', namespace: 'fresh' },
    });
    await policy.admin.create(serviceaccounts, { metadata: { name: 'default', namespace: 'fresh' } });
    assert.equal((await created).spec?.serviceAccountName, 'default');
  });
});

describe('other defaults of Pods', () => {
  it('tolerations, priority and its class', async () => {
    const plain = (await dryPod()).spec!;
    assert.deepEqual(plain.tolerations, [
      {
        key: 'node.kubernetes.io/not-ready',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      },
      {
        key: 'node.kubernetes.io/unreachable',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      },
    ]);
    assert.deepEqual([plain.priority, plain.preemptionPolicy], [0, 'PreemptLowerPriority']);
    const all = (await dryPod({ tolerations: [{ operator: 'Exists' }] })).spec!;
    assert.equal(all.tolerations?.length, 1);
    const critical = (await dryPod({ priorityClassName: 'system-node-critical' })).spec!;
    assert.equal(critical.priority, 2_000_001_000);
    await assert.rejects(dryPod({ priorityClassName: 'none' }), {
      message: 'pods "trial" is forbidden: no PriorityClass with name none was found',
    });
    await assert.rejects(
      dryPod({ priority: 5 }),
      /the integer value of priority \(5\) must not be provided in pod spec/,
    );
    await policy.admin.create(priorityclasses, {
      metadata: { name: 'usual' },
      value: 7,
      globalDefault: true,
      preemptionPolicy: 'Never',
    });
    await eventually(async () => {
      const { priority, priorityClassName, preemptionPolicy } = (await dryPod()).spec!;
      assert.deepEqual([priority, priorityClassName, preemptionPolicy], [7, 'usual', 'Never']);
    });
    await assert.rejects(
      policy.admin.create(priorityclasses, { metadata: { name: 'second' }, value: 8, globalDefault: true }),
      /PriorityClass usual is already marked as default. Only one default can exist/,
    );
    await policy.admin.delete(priorityclasses, 'usual');
  });

  it('runtime classes bring overhead and where to run', async () => {
    await policy.admin.create(runtimeclasses, {
      metadata: { name: 'sandboxed' },
      handler: 'runsc',
      overhead: { podFixed: { memory: '64Mi' } },
      scheduling: { nodeSelector: { sandbox: 'yes' }, tolerations: [{ key: 'sandbox', operator: 'Exists' }] },
    });
    const { spec } = await dryPod({ runtimeClassName: 'sandboxed' });
    assert.deepEqual(spec?.overhead, { memory: '64Mi' });
    assert.deepEqual(spec?.nodeSelector, { sandbox: 'yes' });
    assert.ok(spec?.tolerations?.some(({ key }) => key === 'sandbox'));
    await assert.rejects(dryPod({ runtimeClassName: 'none' }), {
      message: 'pods "trial" is forbidden: pod rejected: RuntimeClass "none" not found',
    });
  });
});

describe('storage', () => {
  it('claims get the default class and are protected', async () => {
    const claim = {
      metadata: { name: 'claim', namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    await policy.admin.create(storageclasses, {
      metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'example.org/none',
    });
    await eventually(async () => {
      const made = await policy.admin.create(persistentvolumeclaims, claim, { dryRun: true });
      assert.equal(made.spec?.storageClassName, 'standard');
      assert.deepEqual(made.metadata.finalizers, ['kubernetes.io/pvc-protection']);
    });
    const none = { ...claim, spec: { ...claim.spec, storageClassName: '' } };
    const made = await policy.admin.create(persistentvolumeclaims, none, { dryRun: true });
    assert.equal(made.spec?.storageClassName, '');
  });
});

describe('LimitRanger', () => {
  it('fills in what containers leave out, and holds them to the bounds', async () => {
    const { admin } = policy;
    await admin.create(namespaces, { metadata: { name: 'limited' } });
    await admin.create(serviceaccounts, { metadata: { name: 'default', namespace: 'limited' } });
    await admin.create(limitranges, {
      metadata: { name: 'bounds', namespace: 'limited' },
      spec: {
        limits: [
          {
            type: 'Container',
            default: { cpu: '500m' },
            defaultRequest: { cpu: '100m' },
            min: { cpu: '50m' },
            max: { cpu: '1' },
          },
          { type: 'Pod', max: { cpu: '1500m' } },
        ],
      },
    });
    const limited = (...resources: object[]) =>
      admin.create(
        pods,
        {
          metadata: { name: 'trial', namespace: 'limited' },
          spec: {
            containers: resources.map((each, i) => ({ name: `c${i}`, image: 'image', resources: each })),
          },
        },
        { dryRun: true },
      );
    await eventually(async () => {
      const { spec, metadata } = await limited({}, { limits: { cpu: '200m' } });
      assert.deepEqual(spec?.containers[0]?.resources, {
        limits: { cpu: '500m' },
        requests: { cpu: '100m' },
      });
      assert.equal(spec?.containers[1]?.resources?.limits?.cpu, '200m');
      assert.match(
        metadata.annotations?.['kubernetes.io/limit-ranger'] ?? '',
        /^LimitRanger plugin set: cpu request for container c0; cpu limit for container c0/,
      );
    });
    await assert.rejects(limited({ limits: { cpu: '2' }, requests: { cpu: '10m' } }), {
      code: 403,
      message:
        'pods "trial" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, maximum cpu usage per Container is 1, but limit is 2, maximum cpu usage per Pod is 1500m, but limit is 2]',
    });
    await assert.rejects(
      limited({ limits: { cpu: '900m' } }, { limits: { cpu: '900m' } }),
      /maximum cpu usage per Pod is 1500m, but limit is 1800m/,
    );
  });
});
