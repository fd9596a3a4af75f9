// What containers see: volumes, environment, network files, users and limits. On a real containerd.
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { configmaps, pods } from '../../api/generated/resources/core.v1.ts';
import type { V1Container } from '../../api/generated/types.ts';
import { podNameLabel } from '../labels.ts';
import { addConfigMap, addPod, addSecret, addService, isReady, podOf, statusOf } from '../testing/bench.ts';
import { shellImage } from '../testing/containerd.ts';
import { isInside, missing, runInside } from '../testing/namespaces.ts';
import { type RealBench, realBench } from '../testing/real-bench.ts';

const sleeper = (more: Partial<V1Container> = {}): V1Container => ({
  name: 'app',
  image: shellImage,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 3600 & wait $!; done'],
  ...more,
});

function suite(): void {
  let bench: RealBench;
  before(async () => {
    bench = await realBench();
  });
  after(() => bench?.close());

  /** What a shell inside a container says. */
  const inside = async (pod: string, command: string, name = 'app'): Promise<string> => {
    const all = await bench.runtime.containers();
    const found = all.find(
      each => each.labels[podNameLabel] === pod && each.name === name && each.state === 'running',
    );
    const { stdout, stderr } = await bench.runtime.execSync(found!.id, ['sh', '-c', command], 10);
    return `${Buffer.from(stdout)}${Buffer.from(stderr)}`.trim();
  };
  const ready = (name: string): Promise<void> => bench.until(`${name} is Ready`, () => isReady(bench, name));

  test('ConfigMaps, Secrets, downward API and projections as files, which follow their objects', async () => {
    addConfigMap(bench, 'settings', { 'app.conf': 'level=1', other: 'x' });
    addSecret(bench, 'keys', { token: 's3cret' });
    addPod(
      bench,
      'files',
      {
        volumes: [
          { name: 'config', configMap: { name: 'settings' } },
          {
            name: 'one',
            configMap: { name: 'settings', items: [{ key: 'app.conf', path: 'deep/one.conf', mode: 0o400 }] },
          },
          { name: 'secret', secret: { secretName: 'keys', defaultMode: 0o440 } },
          { name: 'absent', configMap: { name: 'nowhere', optional: true } },
          {
            name: 'all',
            projected: {
              sources: [
                { configMap: { name: 'settings', items: [{ key: 'other', path: 'config/other' }] } },
                { secret: { name: 'keys' } },
                { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
              ],
            },
          },
        ],
        containers: [
          sleeper({
            volumeMounts: [
              { name: 'config', mountPath: '/config' },
              { name: 'one', mountPath: '/one' },
              { name: 'secret', mountPath: '/secret' },
              { name: 'absent', mountPath: '/absent' },
              { name: 'all', mountPath: '/all' },
              { name: 'config', mountPath: '/etc/single.conf', subPath: 'app.conf' },
            ],
          }),
        ],
      },
      { labels: { app: 'files', tier: 'a"b' } },
    );
    await ready('files');
    assert.equal(
      await inside(
        'files',
        'cat /config/app.conf /one/deep/one.conf /secret/token /all/config/other /all/token',
      ),
      'level=1level=1s3cretxs3cret',
    );
    assert.equal(await inside('files', 'cat /all/labels'), 'app="files"\ntier="a\\"b"');
    assert.equal(await inside('files', 'cat /etc/single.conf'), 'level=1');
    assert.equal(
      await inside('files', 'stat -L -c %a /one/deep/one.conf /secret/token /config/other'),
      '400\n440\n644',
    );
    assert.equal(await inside('files', 'ls /absent'), '');
    assert.match(await inside('files', 'touch /config/new'), /Read-only file system/);
    assert.equal(await inside('files', 'stat -f -c %T /secret'), 'tmpfs');

    await bench.client.patch(configmaps, 'settings', 'default', {
      type: 'merge',
      body: { data: { 'app.conf': 'level=2', added: 'y', other: null } },
    });
    await bench.until(
      'the new text',
      async () => (await inside('files', 'cat /config/app.conf')) === 'level=2',
    );
    assert.equal(await inside('files', 'ls /config'), 'added\napp.conf');
    // A subPath is a mount of its own, of the file as it was.
    assert.equal(await inside('files', 'cat /etc/single.conf'), 'level=1');
    await bench.client.delete(pods, 'files', 'default', { gracePeriodSeconds: 1 });
    const { uid } = podOf(bench, 'files')!.metadata;
    await bench.until('files is gone', () => !podOf(bench, 'files'));
    for (const folder of ['pods', 'memory'])
      await bench.until('its files are gone', () =>
        stat(join(bench.directory, 'kubelet', folder, uid)).then(
          () => false,
          () => true,
        ),
      );
  });

  test('emptyDir is shared by containers and outlives them; hostPath checks its type; subPath is made', async () => {
    addPod(bench, 'shared', {
      volumes: [
        { name: 'scratch', emptyDir: {} },
        { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        { name: 'host', hostPath: { path: join(bench.directory, 'made'), type: 'DirectoryOrCreate' } },
      ],
      securityContext: { fsGroup: 1234 },
      containers: [
        sleeper({
          volumeMounts: [
            { name: 'scratch', mountPath: '/scratch' },
            { name: 'memory', mountPath: '/memory' },
            { name: 'host', mountPath: '/host' },
            { name: 'scratch', mountPath: '/sub', subPathExpr: 'pods/$(NAME)' },
          ],
          env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        }),
        sleeper({
          name: 'other',
          volumeMounts: [{ name: 'scratch', mountPath: '/scratch', readOnly: true }],
        }),
      ],
    });
    await ready('shared');
    await inside('shared', 'echo one > /sub/file; echo two > /host/file');
    assert.equal(await inside('shared', 'cat /scratch/pods/shared/file', 'other'), 'one');
    assert.match(await inside('shared', 'touch /scratch/x', 'other'), /Read-only/);
    assert.equal(await inside('shared', 'stat -f -c %T /memory'), 'tmpfs');
    assert.match(await inside('shared', 'dd if=/dev/zero of=/memory/big bs=1M count=2'), /No space left/);
    assert.equal(await inside('shared', 'stat -c "%a %g" /scratch'), '2777 1234');
    assert.match(await inside('shared', 'id -G'), /1234/);
    await inside('shared', 'kill -9 1; true').catch(() => '');
    await inside('shared', 'kill 1');
    await bench.until(
      'it was restarted',
      () => statusOf(bench, 'shared', 'app')?.restartCount === 1 && isReady(bench, 'shared'),
    );
    assert.equal(await inside('shared', 'cat /sub/file'), 'one');

    addPod(bench, 'typed', {
      volumes: [{ name: 'host', hostPath: { path: join(bench.directory, 'nowhere'), type: 'Directory' } }],
      containers: [sleeper()],
    });
    await bench.until('FailedMount', () =>
      bench.client.requests.some(({ body }) =>
        JSON.stringify(body ?? '').includes('hostPath type check failed'),
      ),
    );
  });

  test('environment: values, references, expansion, services', async () => {
    addConfigMap(bench, 'env', { A: 'from-map', B: 'unused' });
    addSecret(bench, 'env', { PASSWORD: 'hidden' });
    addService(bench, 'web-front', 'default', '10.96.0.7', 80);
    addService(bench, 'kubernetes', 'default', '10.96.0.1', 443);
    addService(bench, 'elsewhere', 'other', '10.96.0.8', 80);
    addPod(bench, 'env', {
      containers: [
        sleeper({
          resources: { limits: { memory: '64Mi', cpu: '1500m' } },
          envFrom: [{ prefix: 'MAP_', configMapRef: { name: 'env' } }],
          env: [
            { name: 'PLAIN', value: 'x' },
            { name: 'JOINED', value: '$(PLAIN)-$(MAP_A)-$(NOPE)-$$(PLAIN)' },
            { name: 'WEB', value: 'http://$(WEB_FRONT_SERVICE_HOST)' },
            { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'env', key: 'A' } } },
            { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'env', key: 'PASSWORD' } } },
            { name: 'MISSING', valueFrom: { secretKeyRef: { name: 'none', key: 'x', optional: true } } },
            { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
            { name: 'MEGS', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
          ],
        }),
      ],
    });
    await ready('env');
    const lines = (await inside('env', 'env')).split('\n');
    const variables = Object.fromEntries(
      lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    assert.equal(variables.JOINED, 'x-from-map-$(NOPE)-$(PLAIN)');
    assert.equal(variables.WEB, 'http://10.96.0.7');
    assert.equal(variables.KEY, 'from-map');
    assert.equal(variables.SECRET, 'hidden');
    assert.ok(!('MISSING' in variables));
    assert.equal(variables.IP, podOf(bench, 'env')?.status?.podIP);
    assert.equal(variables.NODE, 'node-1');
    assert.equal(variables.CPUS, '2');
    assert.equal(variables.MEGS, '64');
    assert.equal(variables.KUBERNETES_SERVICE_PORT, '443');
    assert.equal(variables.WEB_FRONT_PORT_80_TCP, 'tcp://10.96.0.7:80');
    assert.ok(!lines.some(line => line.startsWith('ELSEWHERE')));
    assert.equal(variables.HOSTNAME, 'env');
    assert.equal(
      await inside('env', 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes'),
      String(64 * 1024 * 1024),
    );
    assert.equal(await inside('env', 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us'), '150000');
  });

  test('host name, hosts and resolv.conf', async () => {
    addPod(bench, 'named', {
      hostname: 'alpha',
      subdomain: 'letters',
      hostAliases: [{ ip: '10.1.2.3', hostnames: ['legacy', 'old'] }],
      dnsConfig: { options: [{ name: 'ndots', value: '2' }], searches: ['example.test'] },
      containers: [sleeper()],
    });
    await ready('named');
    assert.equal(await inside('named', 'hostname'), 'alpha');
    const hosts = await inside('named', 'cat /etc/hosts');
    const { podIP } = podOf(bench, 'named')!.status!;
    assert.ok(hosts.includes(`${podIP}\talpha.letters.default.svc.cluster.local\talpha\n`));
    assert.ok(hosts.includes('10.1.2.3\tlegacy\told'));
    const resolv = await inside('named', 'cat /etc/resolv.conf');
    assert.match(
      resolv,
      /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local .*example\.test$/m,
    );
    assert.match(resolv, /^nameserver 10\.96\.0\.10$/m);
    assert.match(resolv, /^options ndots:2$/m);

    addPod(bench, 'on-host', { hostNetwork: true, dnsPolicy: 'Default', containers: [sleeper()] });
    await ready('on-host');
    assert.equal(podOf(bench, 'on-host')?.status?.podIP, '10.90.0.1');
    assert.match(
      await inside('on-host', 'cat /etc/hosts'),
      /^# Kubernetes-managed hosts file \(host network\)\./,
    );
  });

  test('users, capabilities, read-only roots, and a refusal to run as root', async () => {
    addPod(bench, 'user', {
      securityContext: { runAsUser: 1000, runAsGroup: 2000, supplementalGroups: [3000] },
      containers: [
        sleeper({
          securityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
        }),
      ],
    });
    addPod(bench, 'root', { containers: [sleeper({ securityContext: { runAsNonRoot: true } })] });
    addPod(bench, 'mighty', { containers: [sleeper({ securityContext: { privileged: true } })] });
    await ready('user');
    assert.equal(await inside('user', 'id -u; id -g'), '1000\n2000');
    assert.match(await inside('user', 'id -G'), /3000/);
    assert.match(await inside('user', 'touch /file'), /Read-only/);
    const status = await inside('user', 'cat /proc/1/status');
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^Seccomp:\s+2$/m);
    await bench.until(
      'root is refused',
      () => statusOf(bench, 'root', 'app')?.state?.waiting?.reason === 'CreateContainerConfigError',
    );
    assert.match(
      statusOf(bench, 'root', 'app')?.state?.waiting?.message ?? '',
      /^container has runAsNonRoot and image will run as root/,
    );
    await ready('mighty');
    assert.doesNotMatch(await inside('mighty', 'cat /proc/1/status'), /^CapEff:\s+00000000a80425fb$/m);
  });

  test('HTTP and TCP probes, hooks, and the end of the log as last words', async () => {
    addPod(bench, 'web', {
      terminationGracePeriodSeconds: 10,
      volumes: [{ name: 'out', hostPath: { path: bench.directory } }],
      containers: [
        sleeper({
          command: [
            'sh',
            '-c',
            'mkdir -p /w/a; echo ok > /w/healthz; trap "exit 0" TERM; httpd -p 80 -h /w; while true; do sleep 3600 & wait $!; done',
          ],
          ports: [{ name: 'http', containerPort: 80 }],
          readinessProbe: {
            httpGet: { path: '/healthz', port: 'http' },
            periodSeconds: 1,
            failureThreshold: 1,
          },
          livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
          lifecycle: {
            postStart: { exec: { command: ['sh', '-c', 'echo started > /out/post-start'] } },
            preStop: { exec: { command: ['sh', '-c', 'echo stopping > /out/pre-stop'] } },
          },
          volumeMounts: [{ name: 'out', mountPath: '/out' }],
        }),
      ],
    });
    await ready('web');
    await stat(join(bench.directory, 'post-start'));
    await inside('web', 'rm /w/healthz');
    await bench.until('web is not Ready', () => !isReady(bench, 'web'));
    await bench.client.delete(pods, 'web', 'default');
    await bench.until('web is gone', () => !podOf(bench, 'web'));
    await stat(join(bench.directory, 'pre-stop'));

    addPod(bench, 'words', {
      restartPolicy: 'Never',
      containers: [
        sleeper({
          command: ['sh', '-c', 'echo farewell; exit 4'],
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'FallbackToLogsOnError',
        }),
      ],
    });
    await bench.until('words has failed', () => podOf(bench, 'words')?.status?.phase === 'Failed');
    assert.equal(statusOf(bench, 'words', 'app')?.state?.terminated?.message, 'farewell\n');
  });
}

if (isInside) describe('containers over containerd', suite);
else
  test('what containers see, over a real containerd', { skip: missing() }, async t => {
    t.diagnostic(await runInside(fileURLToPath(import.meta.url)));
  });
