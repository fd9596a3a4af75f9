// The walk of a first-time user, word for word, with the real kubectl.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, Sandbox } from './harness.ts';

const box = new Sandbox();
const name = 'e2e-walk';

before(async () => {
  const outcome = await box.tsukube(['up', '--name', name]);
  assert.equal(outcome.code, 0, outcome.stderr);
  assert.match(outcome.stdout, /kubectl create deployment/);
});
after(() => box[Symbol.asyncDispose]());

const inside = async (...words: string[]): Promise<string> => {
  const outcome = await box.inside(words, { name });
  assert.equal(outcome.code, 0, `${words.join(' ')}\n${outcome.stderr}`);
  return outcome.stdout;
};

const readyPods = async (selector: string): Promise<string[]> =>
  (await box.sh(`kubectl get pod -l ${selector} --no-headers`))
    .split('\n')
    .filter(line => /\s1\/1\s+Running\s/.test(line))
    .map(line => line.split(/\s+/)[0]!);

test('a fresh cluster has the default Service and a Ready node with a version', async () => {
  const types = await box.sh("kubectl get svc --all-namespaces | awk -F ' ' '{print $3}' | sort | uniq");
  assert.deepEqual(types.trim().split('\n'), ['ClusterIP', 'TYPE']);
  assert.match(await box.sh('kubectl get node'), /^e2e-walk-1\s+Ready\s+\S+\s+\S+\s+v1\.36\.\d+/m);
});

test('a Deployment is created, watched, scaled and exposed', async () => {
  const watch = spawn('kubectl', ['get', 'pod', '-n', 'default', '-w'], { env: box.env });
  let watched = '';
  watch.stdout.on('data', chunk => {
    watched += chunk;
  });
  try {
    assert.match(
      await box.sh('kubectl create deployment myapp --image=tsukube.local/myapp:v1'),
      /deployment.apps\/myapp created/,
    );
    await eventually('one Pod runs', async () => (await readyPods('app=myapp')).length === 1);
    assert.match(
      await box.sh('kubectl get pod -n default'),
      /^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\nmyapp-/,
    );
    await eventually('the watch shows Pending, ContainerCreating and Running', async () =>
      ['Pending', 'ContainerCreating', 'Running'].every(state => watched.includes(state)),
    );
  } finally {
    watch.kill();
  }
  await box.sh('kubectl scale deployment myapp --replicas=10');
  await eventually('ten Pods run', async () => (await readyPods('app=myapp')).length === 10);
  await box.sh('kubectl create svc clusterip myapp --tcp=80:80');
  await eventually('ten endpoints', async () => {
    const slices = JSON.parse(
      await box.sh('kubectl get endpointslices -l kubernetes.io/service-name=myapp -o json'),
    );
    const endpoints = slices.items.flatMap((slice: { endpoints: unknown[] }) => slice.endpoints);
    return endpoints.length === 10;
  });
  const all = await box.sh('kubectl get svc,endpoints,endpointslices,deploy,rs,pods -o wide');
  assert.match(all, /service\/myapp\s+ClusterIP\s+10\.96\.\d+\.\d+\s+<none>\s+80\/TCP\s+\S+\s+app=myapp/);
  assert.match(
    all,
    /endpoints\/myapp\s+10\.244\.0\.\d+:80,10\.244\.0\.\d+:80,10\.244\.0\.\d+:80 \+ 7 more\.\.\./,
  );
  assert.match(
    all,
    /endpointslice\.discovery\.k8s\.io\/myapp-\w+\s+IPv4\s+80\s+10\.244\.0\.\d+,10\.244\.0\.\d+,10\.244\.0\.\d+ \+ 7 more\.\.\./,
  );
  assert.match(
    all,
    /deployment\.apps\/myapp\s+10\/10\s+10\s+10\s+\S+\s+myapp\s+tsukube\.local\/myapp:v1\s+app=myapp/,
  );
  assert.match(all, /replicaset\.apps\/myapp-\S+\s+10\s+10\s+10\s/);
});

test('the virtual IP answers from the node and from another Pod, by IP and by name', async () => {
  const ip = (await box.sh("kubectl get svc myapp -o jsonpath='{.spec.clusterIP}'")).trim();
  await box.sh('kubectl run client --image=tsukube.local/myapp:v1');
  await box.sh('kubectl wait --for=condition=Ready pod/client --timeout=30s');
  for (const target of [ip, 'myapp', 'myapp.default.svc.cluster.local']) {
    const greeting = /^Hello MyApp \| Version: v1 \| Pod Name: myapp-/;
    assert.match(await inside('curl', '-s', '-m', '5', `http://${target}/`), greeting);
    assert.match(await box.sh(`kubectl exec client -- timeout 5 wget -q -O - http://${target}/`), greeting);
  }
  await box.sh('kubectl delete pod client --now');
});

test('an image is changed, watched, listed and undone', async () => {
  await box.sh('kubectl set image deployment/myapp myapp=tsukube.local/myapp:v2');
  assert.match(
    await box.sh('kubectl rollout status deployment/myapp --timeout=60s'),
    /successfully rolled out/,
  );
  assert.match(await inside('curl', '-s', 'http://myapp/'), /Version: v2/);
  assert.match(
    await box.sh('kubectl rollout history deployment/myapp'),
    /REVISION\s+CHANGE-CAUSE\n1\s+<none>\n2\s+<none>/,
  );
  assert.match(await box.sh('kubectl rollout undo deployment/myapp'), /rolled back/);
  await box.sh('kubectl rollout status deployment/myapp --timeout=60s');
  assert.match(await inside('curl', '-s', 'http://myapp/'), /Version: v1/);
  assert.match(
    await box.sh('kubectl rollout history deployment/myapp'),
    /REVISION\s+CHANGE-CAUSE\n2\s+<none>\n3\s+<none>/,
  );
});

test('logs, exec with and without a terminal, cp, port-forward, attach', async () => {
  const [pod] = await readyPods('app=myapp');
  assert.match(await box.sh(`kubectl logs ${pod}`), /serving version v1 as/);
  assert.equal(await box.sh(`kubectl exec ${pod} -- hostname`), `${pod}\n`);
  assert.equal((await box.try(`kubectl exec ${pod} -- sh -c 'exit 7'`)).code, 7);
  assert.equal(
    await box.sh(`kubectl exec -i ${pod} -- cat`, { input: 'over there and back\n' }),
    'over there and back\n',
  );
  const terminal = await box.sh(
    `script -qec "stty rows 33 cols 111; kubectl exec -it ${pod} -- sh -c 'tty; sleep 0.5; stty size'" /dev/null`,
  );
  assert.match(terminal, /\/dev\/pts\/\d+\r\n(\^@)?33 111/);
  const file = join(box.folder, 'file');
  writeFileSync(file, 'x'.repeat(300_000));
  await box.sh(
    `kubectl cp ${file} ${pod}:/tmp/file && kubectl cp ${pod}:/tmp/file ${file}.back && cmp ${file} ${file}.back`,
  );
  const forward = spawn('kubectl', ['port-forward', `pod/${pod}`, ':80'], { env: box.env });
  try {
    let said = '';
    forward.stdout.on('data', chunk => {
      said += chunk;
    });
    const port = await eventually('port-forward listens', async () => /127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
    for (let i = 0; i < 3; i++)
      assert.equal(await (await fetch(`http://127.0.0.1:${port}/hostname.html`)).text(), `${pod}\n`);
  } finally {
    forward.kill();
  }
});

test('describe, explain, api-resources, label, annotate', async () => {
  const [pod] = await readyPods('app=myapp');
  const described = await box.sh(`kubectl describe pod ${pod}`);
  for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started'])
    assert.match(described, new RegExp(`Normal\\s+${reason}\\s`));
  assert.match(described, /QoS Class:\s+BestEffort/);
  assert.match(
    await box.sh('kubectl describe deployment myapp'),
    /RollingUpdateStrategy:\s+25% max unavailable, 25% max surge/,
  );
  assert.match(await box.sh('kubectl describe svc myapp'), /Endpoints:\s+10\.244\.0\.\d+:80,/);
  assert.match(await box.sh('kubectl describe node'), /Allocated resources:/);
  assert.match(
    await box.sh('kubectl explain deployment.spec.strategy'),
    /GROUP:\s+apps\n[\s\S]*FIELD: strategy <DeploymentStrategy>/,
  );
  assert.match(
    await box.sh('kubectl api-resources'),
    /^deployments\s+deploy\s+apps\/v1\s+true\s+Deployment$/m,
  );
  await box.sh(`kubectl label pod ${pod} colour=blue && kubectl annotate pod ${pod} note='a b'`);
  assert.match(await box.sh('kubectl get pod -l colour=blue -o name'), new RegExp(pod!));
  assert.match((await box.try(`kubectl label pod ${pod} colour=red`)).stderr, /already has a value/);
});

const manifest = (replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: applied}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: applied}}
  template:
    metadata: {labels: {app: applied}}
    spec:
      containers:
      - name: web
        image: tsukube.local/myapp:v1
        ports: [{containerPort: 80}]
`;

test('apply, diff, edit, patch of three types, delete', async () => {
  assert.match(await box.sh('kubectl apply -f -', { input: manifest(1) }), /applied created/);
  assert.match(await box.sh('kubectl apply -f -', { input: manifest(1) }), /applied unchanged/);
  const diff = await box.try('kubectl diff -f -', { input: manifest(2) });
  assert.equal(diff.code, 1, diff.stderr);
  assert.match(diff.stdout, /^-\s+replicas: 1\n\+\s+replicas: 2$/m);
  assert.match(await box.sh('kubectl apply -f -', { input: manifest(2) }), /applied configured/);
  assert.match(
    await box.sh('kubectl apply --server-side --force-conflicts -f -', { input: manifest(2) }),
    /serverside-applied/,
  );
  const editor = 'sed -i s/replicas:.2/replicas:\\ 3/';
  await box.sh(`KUBE_EDITOR='${editor}' kubectl edit deployment applied`);
  assert.equal(await box.sh("kubectl get deployment applied -o jsonpath='{.spec.replicas}'"), '3');
  await box.sh(
    `kubectl patch deployment applied -p '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","value":"1"}]}]}}}}'`,
  );
  await box.sh(`kubectl patch deployment applied --type=merge -p '{"metadata":{"labels":{"tier":"web"}}}'`);
  await box.sh(
    `kubectl patch deployment applied --type=json -p '[{"op":"replace","path":"/spec/replicas","value":1}]'`,
  );
  const patched = JSON.parse(await box.sh('kubectl get deployment applied -o json'));
  assert.deepEqual(patched.spec.template.spec.containers[0].env, [{ name: 'A', value: '1' }]);
  assert.equal(patched.spec.template.spec.containers[0].image, 'tsukube.local/myapp:v1');
  assert.deepEqual([patched.metadata.labels.tier, patched.spec.replicas], ['web', 1]);
  await box.sh('kubectl delete deployment applied');
  await eventually(
    'its Pods are gone',
    async () => (await box.sh('kubectl get pod -l app=applied -o name')) === '',
  );
});

test('get in every form', async () => {
  assert.match(
    await box.sh('kubectl get deployment myapp -o yaml'),
    /^apiVersion: apps\/v1\nkind: Deployment\n/,
  );
  assert.equal(JSON.parse(await box.sh('kubectl get svc myapp -o json')).spec.type, 'ClusterIP');
  assert.equal(await box.sh("kubectl get deploy myapp -o jsonpath='{.status.readyReplicas}'"), '10');
  assert.match(await box.sh('kubectl get pods -o wide'), /NODE\s+NOMINATED NODE\s+READINESS GATES/);
});

test('kubectl delete cronjob --all, with and without any', async () => {
  assert.match(await box.sh('kubectl delete cronjob --all'), /No resources found/);
  await box.sh(
    "kubectl create cronjob hello --image=tsukube.local/myapp:v1 --schedule='*/5 * * * *' -- date",
  );
  assert.match(await box.sh('kubectl delete cronjob --all'), /cronjob.batch "hello" deleted/);
});
