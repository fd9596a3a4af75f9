// What a kubelet does with Pods, on any runtime.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../api/generated/resources/core.v1.ts';
import type { V1PodStatus } from '../../api/generated/types.ts';
import {
  addConfigMap,
  addPod,
  type Bench,
  conditionOf,
  eventsOf,
  isReady,
  nodeOf,
  podOf,
  statusOf,
} from './bench.ts';

const fast = { periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 5 };

/** All statuses that were written for a Pod, as patches, in order. */
const patchesOf = (bench: Bench, name: string): V1PodStatus[] =>
  bench.client.requests
    .filter(request => request.verb === 'patch' && request.subresource === 'status' && request.name === name)
    .map(({ body }) => body as { body?: { status?: V1PodStatus }; status?: V1PodStatus })
    .map(body => body.body?.status ?? body.status ?? {});

async function gone(bench: Bench, name: string): Promise<void> {
  await bench.client.delete(pods, name, 'default', { gracePeriodSeconds: 0 }).catch(() => {});
  await bench.until(`${name} is gone`, () => !podOf(bench, name));
}

/** `bench` gives the one that the suite's hooks have made. */
export function kubeletCases(bench: () => Bench): void {
  test('the node is registered, Ready, and has a Lease', async () => {
    const b = bench();
    await b.until('node is Ready', () => nodeOf(b)?.status?.conditions?.at(-1)?.status === 'True');
    const node = nodeOf(b)!;
    assert.equal(node.status?.conditions?.at(-1)?.message, 'kubelet is posting ready status');
    assert.deepEqual(node.status?.addresses, [
      { type: 'InternalIP', address: '10.90.0.1' },
      { type: 'Hostname', address: 'node-1' },
    ]);
    assert.equal(node.status?.allocatable?.pods, '110');
    assert.equal(node.metadata.labels?.['kubernetes.io/hostname'], 'node-1');
  });

  test('a Pod runs, is told of, and is gone after its deletion', async () => {
    const b = bench();
    addPod(b, 'plain', { containers: [b.container({ log: ['hello'] })] });
    await b.until('plain is Ready', () => isReady(b, 'plain'));
    const { status } = podOf(b, 'plain')!;
    assert.equal(status?.phase, 'Running');
    assert.equal(status?.qosClass, 'BestEffort');
    assert.equal(status?.hostIP, '10.90.0.1');
    assert.match(status?.podIP ?? '', /^10\.90\.0\.\d+$/);
    assert.deepEqual(status?.podIPs, [{ ip: status?.podIP }]);
    assert.deepEqual(
      status?.conditions?.map(({ type, status }) => `${type}=${status}`),
      [
        'PodReadyToStartContainers=True',
        'Initialized=True',
        'Ready=True',
        'ContainersReady=True',
        'PodScheduled=True',
      ],
    );
    const app = statusOf(b, 'plain', 'app')!;
    assert.equal(app.ready, true);
    assert.equal(app.started, true);
    assert.equal(app.restartCount, 0);
    assert.ok(app.state?.running?.startedAt);
    assert.match(app.containerID ?? '', /^\w+:\/\/[0-9a-f]{64}$/);
    await b.until('its events', () => eventsOf(b, 'plain').length >= 3);
    assert.deepEqual(
      eventsOf(b, 'plain').map(text => text.split(':')[0]),
      ['Pulled', 'Created', 'Started'],
    );
    assert.deepEqual(await b.logOf('plain', 'app'), ['hello']);

    await b.client.delete(pods, 'plain', 'default');
    await b.until('plain is gone', () => !podOf(b, 'plain'));
    assert.ok(eventsOf(b, 'plain').includes('Killing: Stopping container app'));
    const last = patchesOf(b, 'plain').at(-1);
    assert.equal(last?.containerStatuses?.[0]?.ready, false);
    assert.ok(last?.containerStatuses?.[0]?.state?.terminated);
  });

  test('a container that will not stop is killed after the grace', async () => {
    const b = bench();
    addPod(b, 'stubborn', {
      terminationGracePeriodSeconds: 1,
      containers: [b.container({ stopMs: 600_000 })],
    });
    await b.until('stubborn is Ready', () => isReady(b, 'stubborn'));
    await b.client.delete(pods, 'stubborn', 'default');
    await b.until('stubborn is gone', () => !podOf(b, 'stubborn'));
    const last = patchesOf(b, 'stubborn').at(-1);
    assert.equal(last?.containerStatuses?.[0]?.state?.terminated?.exitCode, 137);
    assert.equal(last?.phase, 'Failed');
  });

  test('a second deletion with less grace shortens the first', async () => {
    const b = bench();
    addPod(b, 'hurry', {
      terminationGracePeriodSeconds: 3600,
      containers: [b.container({ stopMs: 3_000_000 })],
    });
    await b.until('hurry is Ready', () => isReady(b, 'hurry'));
    await b.client.delete(pods, 'hurry', 'default');
    await b.until('hurry is being killed', () =>
      eventsOf(b, 'hurry').some(text => text.startsWith('Killing')),
    );
    await b.client.delete(pods, 'hurry', 'default', { gracePeriodSeconds: 1 });
    await b.until('hurry is gone', () => !podOf(b, 'hurry'), 30_000);
  });

  test('a Pod that never restarts succeeds or fails by its exit code, with its last words', async () => {
    const b = bench();
    addPod(b, 'fine', { restartPolicy: 'Never', containers: [b.container({ exitAfterMs: 100 })] });
    addPod(b, 'bad', {
      restartPolicy: 'Never',
      containers: [
        b.container(
          { exitAfterMs: 100, exitCode: 3, terminationMessage: 'it hurts' },
          { terminationMessagePath: '/dev/termination-log' },
        ),
      ],
    });
    await b.until('fine has succeeded', () => podOf(b, 'fine')?.status?.phase === 'Succeeded');
    await b.until('bad has failed', () => podOf(b, 'bad')?.status?.phase === 'Failed');
    assert.equal(statusOf(b, 'fine', 'app')?.state?.terminated?.reason, 'Completed');
    assert.equal(
      podOf(b, 'fine')?.status?.conditions?.find(({ type }) => type === 'Ready')?.reason,
      'PodCompleted',
    );
    const end = statusOf(b, 'bad', 'app')?.state?.terminated;
    assert.equal(end?.exitCode, 3);
    assert.equal(end?.reason, 'Error');
    assert.equal(end?.message, 'it hurts');
    await gone(b, 'fine');
    await gone(b, 'bad');
  });

  test('a container that ends is restarted at once, and then with back-off', async () => {
    const b = bench();
    addPod(b, 'crash', { containers: [b.container({ exitAfterMs: 50, exitCode: 1 })] });
    await b.until(
      'crash waits',
      () => statusOf(b, 'crash', 'app')?.state?.waiting?.reason === 'CrashLoopBackOff',
    );
    const status = statusOf(b, 'crash', 'app')!;
    assert.equal(status.restartCount, 1);
    assert.equal(status.lastState?.terminated?.exitCode, 1);
    const { uid } = podOf(b, 'crash')!.metadata;
    assert.equal(
      status.state?.waiting?.message,
      `back-off 10s restarting failed container=app pod=crash_default(${uid})`,
    );
    assert.equal(podOf(b, 'crash')?.status?.phase, 'Running');
    await b.until('the event', () =>
      eventsOf(b, 'crash').includes(
        `BackOff: Back-off restarting failed container app in pod crash_default(${uid})`,
      ),
    );
    await b.until('the second restart', () => (statusOf(b, 'crash', 'app')?.restartCount ?? 0) >= 2, 30_000);
    await gone(b, 'crash');
  });

  test('readiness follows its probe, both ways', async () => {
    const b = bench();
    addPod(b, 'probed', {
      containers: [b.container({ readyAfterMs: 600_000 }, { readinessProbe: { ...b.probe, ...fast } })],
    });
    await b.until('probed runs', () => podOf(b, 'probed')?.status?.phase === 'Running');
    assert.equal(conditionOf(b, 'probed', 'Ready'), 'False');
    await b.until('the event', () =>
      eventsOf(b, 'probed').some(text => text.startsWith('Unhealthy: Readiness probe failed:')),
    );
    await b.setReady('probed', 'app', true);
    await b.until('probed is Ready', () => isReady(b, 'probed'));
    await b.setReady('probed', 'app', false);
    await b.until('probed is not Ready', () => !isReady(b, 'probed'));
    assert.equal(
      podOf(b, 'probed')?.status?.conditions?.find(({ type }) => type === 'Ready')?.message,
      'containers with unready status: [app]',
    );
    assert.equal(statusOf(b, 'probed', 'app')?.restartCount, 0);
    await gone(b, 'probed');
  });

  test('a container that fails its liveness probe is restarted', async () => {
    const b = bench();
    addPod(b, 'sick', {
      terminationGracePeriodSeconds: 1,
      containers: [b.container({}, { livenessProbe: { ...b.probe, ...fast, initialDelaySeconds: 1 } })],
    });
    await b.until('sick is Ready', () => isReady(b, 'sick'));
    await b.setReady('sick', 'app', false);
    await b.until(
      'sick was restarted',
      () => statusOf(b, 'sick', 'app')?.restartCount === 1 && isReady(b, 'sick'),
    );
    await b.until('the event', () =>
      eventsOf(b, 'sick').includes('Killing: Container app failed liveness probe, will be restarted'),
    );
    await gone(b, 'sick');
  });

  test('a startup probe holds back the others', async () => {
    const b = bench();
    addPod(b, 'slow', {
      containers: [
        b.container(
          { readyAfterMs: 1500 },
          {
            startupProbe: { ...b.probe, periodSeconds: 1, failureThreshold: 30, timeoutSeconds: 5 },
            livenessProbe: { ...b.probe, ...fast },
          },
        ),
      ],
    });
    await b.until('slow runs', () => podOf(b, 'slow')?.status?.phase === 'Running');
    assert.equal(statusOf(b, 'slow', 'app')?.started, false);
    await b.until('slow has started', () => statusOf(b, 'slow', 'app')?.started === true);
    assert.equal(statusOf(b, 'slow', 'app')?.restartCount, 0);
    await gone(b, 'slow');
  });

  test('init containers run one after another, before the others', async () => {
    const b = bench();
    addPod(b, 'ordered', {
      initContainers: [
        b.container({ exitAfterMs: 200 }, { name: 'first' }),
        b.container({ exitAfterMs: 200 }, { name: 'second' }),
      ],
      containers: [b.container({})],
    });
    await b.until('the first runs', () => Boolean(statusOf(b, 'ordered', 'first')?.state?.running));
    assert.equal(statusOf(b, 'ordered', 'second')?.state?.waiting?.reason, 'PodInitializing');
    assert.equal(conditionOf(b, 'ordered', 'Initialized'), 'False');
    await b.until('ordered is Ready', () => isReady(b, 'ordered'));
    const first = statusOf(b, 'ordered', 'first')?.state?.terminated;
    assert.equal(first?.reason, 'Completed');
    assert.equal(statusOf(b, 'ordered', 'second')?.ready, true);
    await b.until(
      'all events',
      () => eventsOf(b, 'ordered').filter(text => text.startsWith('Started')).length === 3,
    );
    await gone(b, 'ordered');
  });

  test('an init container that fails fails a Pod that never restarts', async () => {
    const b = bench();
    addPod(b, 'stillborn', {
      restartPolicy: 'Never',
      initContainers: [b.container({ exitAfterMs: 50, exitCode: 2 }, { name: 'first' })],
      containers: [b.container({})],
    });
    await b.until('stillborn has failed', () => podOf(b, 'stillborn')?.status?.phase === 'Failed');
    assert.equal(statusOf(b, 'stillborn', 'first')?.state?.terminated?.exitCode, 2);
    assert.equal(statusOf(b, 'stillborn', 'app')?.state?.waiting?.reason, 'PodInitializing');
    await gone(b, 'stillborn');
  });

  test('a sidecar starts before the others, does not keep the Pod from succeeding, and ends last', async () => {
    const b = bench();
    addPod(b, 'job', {
      restartPolicy: 'Never',
      initContainers: [b.container({}, { name: 'proxy', restartPolicy: 'Always' })],
      containers: [b.container({ exitAfterMs: 300 })],
    });
    await b.until('both run', () =>
      ['proxy', 'app'].every(name => Boolean(statusOf(b, 'job', name)?.state?.running)),
    );
    await b.until('job has succeeded', () => podOf(b, 'job')?.status?.phase === 'Succeeded');
    await b.until('the sidecar has ended', () => Boolean(statusOf(b, 'job', 'proxy')?.state?.terminated));
    await gone(b, 'job');
  });

  test('a missing ConfigMap holds up a volume and an environment until it is there', async () => {
    const b = bench();
    addPod(b, 'mounted', {
      volumes: [{ name: 'config', configMap: { name: 'late-volume' } }],
      containers: [b.container({}, { volumeMounts: [{ name: 'config', mountPath: '/config' }] })],
    });
    addPod(b, 'variables', {
      containers: [b.container({}, { envFrom: [{ configMapRef: { name: 'late-env' } }] })],
    });
    await b.until('FailedMount', () =>
      eventsOf(b, 'mounted').includes(
        'FailedMount: MountVolume.SetUp failed for volume "config" : configmap "late-volume" not found',
      ),
    );
    assert.equal(statusOf(b, 'mounted', 'app')?.state?.waiting?.reason, 'ContainerCreating');
    await b.until(
      'CreateContainerConfigError',
      () => statusOf(b, 'variables', 'app')?.state?.waiting?.reason === 'CreateContainerConfigError',
    );
    assert.equal(statusOf(b, 'variables', 'app')?.state?.waiting?.message, 'configmap "late-env" not found');
    addConfigMap(b, 'late-volume', { key: 'value' });
    addConfigMap(b, 'late-env', { KEY: 'value' });
    await b.until('both are Ready', () => isReady(b, 'mounted') && isReady(b, 'variables'));
    await gone(b, 'mounted');
    await gone(b, 'variables');
  });

  test('images: never pulled, no such name, and a registry that does not answer', async () => {
    const b = bench();
    const container = { name: 'app', command: ['sh'] };
    addPod(b, 'never', {
      containers: [{ ...container, image: 'tsukube.local/none:1', imagePullPolicy: 'Never' }],
    });
    addPod(b, 'invalid', { containers: [{ ...container, image: 'Not/Valid', imagePullPolicy: 'Always' }] });
    addPod(b, 'absent', {
      containers: [{ ...container, image: '127.0.0.1:1/none:1', imagePullPolicy: 'Always' }],
    });
    const reason = (name: string): string | undefined => statusOf(b, name, 'app')?.state?.waiting?.reason;
    await b.until('never waits', () => reason('never') === 'ErrImageNeverPull');
    assert.equal(
      statusOf(b, 'never', 'app')?.state?.waiting?.message,
      'Container image "tsukube.local/none:1" is not present with pull policy of Never',
    );
    await b.until('invalid waits', () => reason('invalid') === 'InvalidImageName');
    await b.until('absent fails', () =>
      ['ErrImagePull', 'ImagePullBackOff'].includes(reason('absent') ?? ''),
    );
    await b.until('absent backs off', () => reason('absent') === 'ImagePullBackOff');
    assert.match(
      statusOf(b, 'absent', 'app')?.state?.waiting?.message ?? '',
      /^Back-off pulling image "127\.0\.0\.1:1\/none:1": ErrImagePull: /,
    );
    for (const name of ['never', 'invalid', 'absent']) await gone(b, name);
  });

  test('a new kubelet adopts what an old one started, and ends what the API has forgotten', async () => {
    const b = bench();
    const probe = { readinessProbe: { ...b.probe, ...fast } };
    addPod(b, 'kept', { containers: [b.container({}, probe)] });
    addPod(b, 'forgotten', { containers: [b.container({})] });
    await b.until('both are Ready', () => isReady(b, 'kept') && isReady(b, 'forgotten'));
    const before = statusOf(b, 'kept', 'app')!;
    const patches = patchesOf(b, 'kept').length;
    let forgotten = false;
    await b.restart(async () => {
      await b.client.delete(pods, 'forgotten', 'default', { gracePeriodSeconds: 0 });
      forgotten = !podOf(b, 'forgotten');
    });
    assert.ok(forgotten);
    await b.until('the forgotten one is ended', async () => (await b.containersOf('forgotten')) === 0);
    await b.pass(1500);
    const after = statusOf(b, 'kept', 'app')!;
    assert.equal(after.containerID, before.containerID);
    assert.equal(after.restartCount, 0);
    assert.ok(isReady(b, 'kept'));
    const flapped = patchesOf(b, 'kept')
      .slice(patches)
      .some(status => status.containerStatuses?.some(({ ready }) => !ready));
    assert.equal(flapped, false);
    await gone(b, 'kept');
  });

  test('a sandbox that is lost is made anew, and its containers with it', async () => {
    const b = bench();
    addPod(b, 'evicted', { containers: [b.container({})] });
    await b.until('evicted is Ready', () => isReady(b, 'evicted'));
    const before = statusOf(b, 'evicted', 'app')?.containerID;
    await b.loseSandbox('evicted');
    await b.until(
      'evicted runs again',
      () => isReady(b, 'evicted') && statusOf(b, 'evicted', 'app')?.containerID !== before,
    );
    assert.ok(statusOf(b, 'evicted', 'app')!.restartCount >= 1);
    await b.until('the event', () =>
      eventsOf(b, 'evicted').includes(
        'SandboxChanged: Pod sandbox changed, it will be killed and re-created.',
      ),
    );
    await gone(b, 'evicted');
  });

  test('an ephemeral container is started in a Pod that runs, and never again', async () => {
    const b = bench();
    addPod(b, 'debugged', { containers: [b.container({})] });
    await b.until('debugged is Ready', () => isReady(b, 'debugged'));
    const { imagePullPolicy, ...debuggerContainer } = b.container({ exitAfterMs: 300 }, { name: 'debugger' });
    await b.client.patch(pods, 'debugged', 'default', {
      type: 'merge',
      body: {
        spec: {
          ephemeralContainers: [{ ...debuggerContainer, imagePullPolicy, targetContainerName: 'app' }],
        },
      },
    });
    const status = () => podOf(b, 'debugged')?.status?.ephemeralContainerStatuses?.[0];
    await b.until('it runs', () => Boolean(status()?.state?.running));
    await b.until('it has ended', () => Boolean(status()?.state?.terminated));
    await b.pass(500);
    assert.equal(status()?.restartCount, 0);
    assert.ok(isReady(b, 'debugged'));
    assert.equal(podOf(b, 'debugged')?.status?.phase, 'Running');
    await gone(b, 'debugged');
  });

  test('a Pod past its deadline fails', async () => {
    const b = bench();
    addPod(b, 'late', { activeDeadlineSeconds: 2, containers: [b.container({})] });
    await b.until('late has failed', () => podOf(b, 'late')?.status?.phase === 'Failed');
    assert.equal(podOf(b, 'late')?.status?.reason, 'DeadlineExceeded');
    await gone(b, 'late');
  });

  test('a Pod that cannot run here is refused with the reason', async () => {
    const b = bench();
    addPod(b, 'elsewhere', { nodeSelector: { disk: 'ssd' }, containers: [b.container({})] });
    addPod(b, 'huge', { containers: [b.container({}, { resources: { requests: { cpu: '1000' } } })] });
    await b.until('elsewhere has failed', () => podOf(b, 'elsewhere')?.status?.phase === 'Failed');
    await b.until('huge has failed', () => podOf(b, 'huge')?.status?.phase === 'Failed');
    assert.equal(podOf(b, 'elsewhere')?.status?.reason, 'NodeAffinity');
    assert.equal(podOf(b, 'huge')?.status?.reason, 'OutOfcpu');
    await gone(b, 'elsewhere');
    await gone(b, 'huge');
  });
}
