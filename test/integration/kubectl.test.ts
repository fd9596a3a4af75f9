// The real kubectl against a cluster inside this process, in real time, over HTTPS on loopback.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Cluster } from '../../src/testing/cluster.ts';
import { problemLogger } from './problems.ts';

const folder = mkdtempSync(join(tmpdir(), 'integration-'));
const problems = problemLogger();
let cluster: Cluster;
let env: NodeJS.ProcessEnv;

before(async () => {
  cluster = await Cluster.start({ nodes: 2, time: 'real', logger: problems.logger });
  env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: await cluster.kubeconfig };
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a shell command line; never throws. */
const attempt = (command: string, input = ''): Promise<Outcome> =>
  new Promise(resolve => {
    const child = execFile('sh', ['-c', command], { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
/** What kubectl prints; throws when it fails. */
async function kubectl(command: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await attempt(`kubectl ${command}`, input);
  assert.equal(code, 0, `kubectl ${command}\n${stdout}${stderr}`);
  return stdout;
}

const manifest = (replicas: number, image = 'example.test/web:v1'): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ${image}
        ports: [{containerPort: 80}]
`;

test('version, cluster-info, api-resources, api-versions, explain', async () => {
  assert.match(await kubectl('version'), /Server Version: v1\.36\.\d+/);
  assert.match(
    await kubectl('cluster-info'),
    /Kubernetes control plane.* is running at .*https:\/\/127\.0\.0\.1:\d+/,
  );
  const resources = await kubectl('api-resources');
  for (const line of [
    /^pods\s+po\s+v1\s+true\s+Pod$/m,
    /^services\s+svc\s+v1\s+true\s+Service$/m,
    /^deployments\s+deploy\s+apps\/v1\s+true\s+Deployment$/m,
    /^endpointslices\s+discovery\.k8s\.io\/v1\s+true\s+EndpointSlice$/m,
    /^nodes\s+no\s+v1\s+false\s+Node$/m,
  ])
    assert.match(resources, line);
  assert.match(await kubectl('api-resources --verbs=list --namespaced -o name'), /^cronjobs\.batch$/m);
  assert.match(await kubectl('api-versions'), /^apps\/v1$/m);
  assert.match(
    await kubectl('explain deployment.spec.strategy'),
    /GROUP:\s+apps\n[\s\S]*FIELD: strategy <DeploymentStrategy>/,
  );
  assert.match(await kubectl('explain pod.spec.containers --recursive'), /livenessProbe\s+<Probe>/);
});

test('apply, diff, edit and patches of three types', async () => {
  assert.equal(await kubectl('apply -f -', manifest(1)), 'deployment.apps/web created\n');
  assert.equal(await kubectl('apply -f -', manifest(1)), 'deployment.apps/web unchanged\n');
  assert.equal((await attempt('kubectl diff -f -', manifest(1))).code, 0);
  const diff = await attempt('kubectl diff -f -', manifest(2));
  assert.equal(diff.code, 1, diff.stderr);
  assert.match(diff.stdout, /^-\s+replicas: 1\n\+\s+replicas: 2$/m);
  assert.equal(await kubectl('apply -f -', manifest(2)), 'deployment.apps/web configured\n');
  assert.match(
    await kubectl('apply --server-side --force-conflicts -f -', manifest(2)),
    /serverside-applied/,
  );
  const conflict = await attempt('kubectl apply --server-side --field-manager=other -f -', manifest(5));
  assert.equal(conflict.code, 1);
  assert.match(conflict.stderr, /conflict with "kubectl"[\s\S]*\.spec\.replicas/);

  assert.match(
    (await attempt(`KUBE_EDITOR='sed -i s/replicas:.2/replicas:\\ 3/' kubectl edit deployment web`)).stdout,
    /web edited/,
  );
  assert.equal(await kubectl("get deployment web -o jsonpath='{.spec.replicas}'"), '3');

  const env = {
    spec: { template: { spec: { containers: [{ name: 'web', env: [{ name: 'A', value: '1' }] }] } } },
  };
  assert.match(await kubectl(`patch deployment web -p '${JSON.stringify(env)}'`), /web patched/);
  // kubectl compares with what it read before: a status that is written in between is a change, too.
  let patched = '';
  for (let tries = 0; tries < 20 && !patched.includes('(no change)'); tries++)
    patched = await kubectl(`patch deployment web -p '${JSON.stringify(env)}'`);
  assert.match(patched, /web patched \(no change\)/);
  await kubectl(`patch deployment web --type=merge -p '{"metadata":{"labels":{"tier":"front"}}}'`);
  await kubectl(`patch deployment web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":4}]'`);
  const web = JSON.parse(await kubectl('get deployment web -o json'));
  const [container] = web.spec.template.spec.containers;
  assert.deepEqual([container.image, container.env], ['example.test/web:v1', [{ name: 'A', value: '1' }]]);
  assert.deepEqual([web.metadata.labels, web.spec.replicas], [{ app: 'web', tier: 'front' }, 4]);
  const wrong = await attempt(`kubectl patch deployment web --type=merge -p '{"spec":{"replicas":-1}}'`);
  assert.match(
    wrong.stderr,
    /The Deployment "web" is invalid: spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
  );
});

test('rollout status, history, undo, restart, pause; scale; set image; wait', async () => {
  assert.match(
    await kubectl('rollout status deployment/web --timeout=30s'),
    /deployment "web" successfully rolled out/,
  );
  assert.match(await kubectl('set image deployment/web web=example.test/web:v2'), /image updated/);
  await kubectl('rollout status deployment/web --timeout=30s');
  const [first = '', latest = ''] = (await kubectl('rollout history deployment/web'))
    .match(/^\d+/gm)!
    .slice(-2);
  assert.match(
    await kubectl(`rollout history deployment/web --revision=${latest}`),
    /Image:\s+example\.test\/web:v2/,
  );
  assert.match(await kubectl(`rollout undo deployment/web --to-revision=${first}`), /rolled back/);
  await kubectl('rollout status deployment/web --timeout=30s');
  assert.equal(
    await kubectl("get deployment web -o jsonpath='{.spec.template.spec.containers[0].image}'"),
    'example.test/web:v1',
  );
  await kubectl('rollout pause deployment/web');
  assert.match((await attempt('kubectl rollout undo deployment/web')).stderr, /paused/);
  await kubectl('rollout resume deployment/web');
  await kubectl('rollout restart deployment/web');
  await kubectl('rollout status deployment/web --timeout=30s');
  await kubectl('scale deployment web --replicas=6 --current-replicas=4');
  assert.match(
    (await attempt('kubectl scale deployment web --replicas=1 --current-replicas=4')).stderr,
    /Expected replicas to be 4, was 6/,
  );
  await kubectl('wait --for=condition=Available deployment/web --timeout=30s');
  await kubectl("wait --for=jsonpath='{.status.readyReplicas}'=6 deployment/web --timeout=30s");
});

test('get in every form', async () => {
  await kubectl('create service clusterip web --tcp=80:8080');
  await cluster.until(async () => {
    const slices = await cluster.list('endpointslices', { labelSelector: 'kubernetes.io/service-name=web' });
    return slices.flatMap(({ endpoints }) => endpoints ?? []).length === 6;
  });
  const all = await kubectl('get svc,endpoints,endpointslices,deploy,rs,pods -o wide');
  assert.match(all, /service\/web\s+ClusterIP\s+10\.96\.\d+\.\d+\s+<none>\s+80\/TCP\s+\S+\s+app=web/);
  assert.match(all, /endpoints\/web\s+(10\.244\.\d\.\d+:8080,){2}10\.244\.\d\.\d+:8080 \+ 3 more\.\.\./);
  assert.match(all, /deployment\.apps\/web\s+6\/6\s+6\s+6\s+\S+\s+web\s+example\.test\/web:v1\s+app=web/);
  assert.match(
    all,
    /pod\/web-\S+\s+1\/1\s+Running\s+0\s+\S+\s+10\.244\.\d\.\d+\s+node-[12]\s+<none>\s+<none>/,
  );
  assert.match(await kubectl('get deployment web -o yaml'), /^apiVersion: apps\/v1\nkind: Deployment\n/);
  assert.equal(JSON.parse(await kubectl('get pods -o json')).items.length, 6);
  assert.match(await kubectl('get pods -o name'), /^(pod\/web-\S+\n){6}$/);
  assert.match(
    await kubectl(
      'get pods -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName --sort-by=.metadata.name',
    ),
    /^NAME\s+NODE\nweb-\S+\s+node-[12]/,
  );
  assert.equal(await kubectl(`get deploy -o go-template='{{range .items}}{{.metadata.name}}{{end}}'`), 'web');
  assert.match(await kubectl('get pods --field-selector=spec.nodeName=node-1 --no-headers'), /^web-/);
  assert.match(await kubectl('get pods -l app=web,tier!=x --show-labels'), /app=web,pod-template-hash=/);
  assert.match(await kubectl('get all -A'), /service\/kubernetes/);
  assert.match(await kubectl('get pods --chunk-size=2 -o wide'), /(web-[\s\S]*){6}/);
  const missing = await attempt('kubectl get pod nothing');
  assert.deepEqual(
    [missing.code, missing.stderr],
    [1, 'Error from server (NotFound): pods "nothing" not found\n'],
  );
  assert.match(
    (await attempt('kubectl get nonsense')).stderr,
    /the server doesn't have a resource type "nonsense"/,
  );
  assert.equal(await kubectl('get --raw /healthz'), 'ok');
});

test('label, annotate, taint, cordon, drain', async () => {
  await kubectl('label deployment web colour=blue');
  assert.match(await kubectl('get deployment -l colour=blue -o name'), /deployment\.apps\/web/);
  assert.match((await attempt('kubectl label deployment web colour=red')).stderr, /already has a value/);
  assert.match(await kubectl('label deployment web colour=red --overwrite'), /labeled/);
  await kubectl('label deployment web colour-');
  await kubectl(`annotate deployment web note='a b'`);
  assert.equal(await kubectl("get deployment web -o jsonpath='{.metadata.annotations.note}'"), 'a b');
  await kubectl('taint node node-1 stay=away:NoSchedule');
  assert.match(await kubectl('describe node node-1'), /Taints:\s+stay=away:NoSchedule/);
  await kubectl('taint node node-1 stay-');
  await kubectl('drain node-1 --timeout=30s --ignore-daemonsets');
  assert.match(await kubectl('get node node-1'), /Ready,SchedulingDisabled/);
  await kubectl("wait --for=jsonpath='{.status.readyReplicas}'=6 deployment/web --timeout=30s");
  assert.equal(await kubectl('get pods --field-selector=spec.nodeName=node-1 -o name'), '');
  await kubectl('uncordon node-1');
});

test('describe', async () => {
  const [pod] = (await kubectl('get pods -o name')).split('\n');
  const described = await kubectl(`describe ${pod}`);
  for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started'])
    assert.match(described, new RegExp(`Normal\\s+${reason}\\s`));
  assert.match(described, /QoS Class:\s+BestEffort/);
  assert.match(described, /Controlled By:\s+ReplicaSet\/web-/);
  assert.match(
    await kubectl('describe deployment web'),
    /RollingUpdateStrategy:\s+25% max unavailable, 25% max surge/,
  );
  assert.match(await kubectl('describe deployment web'), /Normal\s+ScalingReplicaSet/);
  assert.match(await kubectl('describe svc web'), /Endpoints:\s+10\.244\.\d\.\d+:8080,/);
  assert.match(
    await kubectl('describe node node-2'),
    /Non-terminated Pods:\s+\(6 in total\)[\s\S]*web-[\s\S]*Allocated resources:/,
  );
});

test('a watch shows a Pod from Pending to its end', async () => {
  const watch = spawn('kubectl', ['get', 'pods', '-w', '-l', 'run=seen', '--no-headers'], { env });
  let seen = '';
  watch.stdout.on('data', chunk => {
    seen += chunk;
  });
  try {
    // A Pod that the watch shows tells that it watches.
    await kubectl('run first --labels=run=seen --image=example.test/seen:v1');
    await cluster.until(() => /^first /m.test(seen), { timeout: '30s' });
    await kubectl('run seen --image=example.test/seen:v1');
    await kubectl('wait --for=condition=Ready pod/seen --timeout=30s');
    await kubectl('delete pod seen first');
    await cluster.until(
      () =>
        /^seen .*Pending[\s\S]*^seen .*ContainerCreating[\s\S]*^seen .*Running[\s\S]*^seen .*Terminating/m.test(
          seen,
        ),
      {
        timeout: '30s',
      },
    );
  } finally {
    watch.kill();
  }
  assert.equal(await kubectl('get pods -l run=seen -o name'), '');
});

test('create, replace, delete of other kinds; a manifest of many; dry runs', async () => {
  await kubectl('create namespace other');
  await kubectl('create configmap settings --from-literal=a=1 -n other');
  await kubectl('create secret generic keys --from-literal=k=v -n other');
  assert.equal(await kubectl("get secret keys -n other -o jsonpath='{.data.k}'"), 'dg==');
  await kubectl('create role reader --verb=get --resource=pods -n other');
  await kubectl('create rolebinding readers --role=reader --user=jane -n other');
  assert.match(await kubectl('auth can-i get pods -n other --as=jane'), /yes/);
  assert.match((await attempt('kubectl auth can-i delete pods -n other --as=jane')).stdout, /no/);
  await kubectl('create job once --image=example.test/job -n other');
  await kubectl('create quota limit --hard=pods=3 -n other');
  await kubectl('expose deployment web --name=web2 --port=80');
  await kubectl('delete service web2');
  await kubectl('create deployment dry --image=x --dry-run=server');
  assert.match((await attempt('kubectl get deployment dry')).stderr, /NotFound/);
  const file = join(folder, 'many.yaml');
  writeFileSync(
    file,
    [1, 2, 3].map(i => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m${i}}\n`).join('---\n'),
  );
  assert.equal(
    await kubectl(`apply -f ${file}`),
    'configmap/m1 created\nconfigmap/m2 created\nconfigmap/m3 created\n',
  );
  await kubectl(`replace -f ${file}`);
  assert.equal(
    await kubectl(`delete -f ${file}`),
    'configmap "m1" deleted\nconfigmap "m2" deleted\nconfigmap "m3" deleted\n',
  );
  const unknown = await attempt(
    'kubectl apply -f -',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: u}\ndatta: {}\n',
  );
  assert.match(unknown.stderr, /strict decoding error: unknown field "datta"/);
  await kubectl('delete namespace other --timeout=30s');
  assert.match((await attempt('kubectl get namespace other')).stderr, /NotFound/);
});

test('delete cronjob --all, with and without any', async () => {
  assert.match(await kubectl('delete cronjob --all'), /No resources found/);
  await kubectl(`create cronjob hello --image=example.test/hello --schedule='*/5 * * * *' -- date`);
  assert.match(await kubectl('get cronjob'), /hello\s+\*\/5 \* \* \* \*\s+<none>\s+False\s+0\s+<none>/);
  assert.match(await kubectl('delete cronjob --all'), /cronjob\.batch "hello" deleted/);
});

test('deletion in the foreground, in the background and leaving Pods alone', async () => {
  await kubectl('delete deployment web --cascade=orphan');
  const [set = ''] = (await kubectl('get rs -l app=web -o name')).split('\n').filter(Boolean);
  assert.match(set, /^replicaset\.apps\/web-/);
  await kubectl('delete rs -l app=web --cascade=foreground --timeout=30s');
  assert.equal(await kubectl('get pods -l app=web -o name'), '');
});

test('no component has met anything that it did not expect', () => {
  assert.deepEqual(problems.seen, []);
});
