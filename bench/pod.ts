// `kubectl run` to Ready with the image present, and a ready endpoint to its first answer through the virtual IP.
// `node bench/pod.ts [--runs 20]`, as root.
import assert from 'node:assert/strict';
import { Sandbox } from '../test/e2e/harness.ts';
import { option, printFigure, printMachine, quantile } from './lib/report.ts';

const runs = option('runs', 20);
const name = 'bench-pod';

printMachine();
await using box = new Sandbox();
const outcome = await box.tsukube(['up', '--name', name]);
assert.equal(outcome.code, 0, outcome.stderr);

const ready: number[] = [];
for (let run = 0; run < runs; run++) {
  const began = performance.now();
  await box.sh(
    `kubectl run p${run} --image=tsukube.local/myapp:v1 && kubectl wait --for=condition=Ready pod/p${run} --timeout=30s`,
  );
  ready.push((performance.now() - began) / 1000);
  await box.sh(`kubectl delete pod p${run} --now --wait=true`);
}
printFigure('kubectl run to Ready (two kubectl processes included)', ready, 's', { atMost: 0.8 });

// One Pod whose label is switched off and on: each time the moment its slice is ready in the API until it answers.
await box.sh('kubectl run target --image=tsukube.local/myapp:v1 --labels=app=target,on=yes');
await box.sh('kubectl wait --for=condition=Ready pod/target --timeout=30s');
await box.sh('kubectl create svc clusterip target --tcp=80:80');
await box.sh(`kubectl patch svc target -p '{"spec":{"selector":{"app":"target","on":"yes"}}}'`);
const ip = (await box.sh("kubectl get svc target -o jsonpath='{.spec.clusterIP}'")).trim();
const delays = await measureProgramming(ip);
printFigure('ready endpoint in the API to an answer through the virtual IP', delays, 'ms');
console.log(`  p99 ${quantile(delays, 0.99).toFixed(1)} ms (target <= 100 ms)`);

/** Watches the slice in this process, and asks the virtual IP in a loop inside of the node; both note the time of each change. */
async function measureProgramming(address: string): Promise<number[]> {
  const script = `last=down; end=$(($(date +%s)+120)); while [ $(date +%s) -lt $end ] && [ ! -e /run/stop ]; do
    if curl -s -m 0.5 -o /dev/null http://${address}/; then now=up; else now=down; fi
    [ $now = $last ] || { date +"%s%N $now"; last=$now; }
  done`;
  const asked = box.inside(['sh', '-c', script], { name, timeoutMs: 150_000 });
  const { spawn } = await import('node:child_process');
  const watch = spawn(
    'kubectl',
    [
      'get',
      'endpointslices',
      '-l',
      'kubernetes.io/service-name=target',
      '-w',
      '-o',
      'jsonpath={.endpoints[*].conditions.ready}{"\\n"}',
    ],
    {
      env: box.env,
    },
  );
  const seen: number[] = [];
  watch.stdout.on('data', chunk => {
    if (String(chunk).includes('true')) seen.push(performance.timeOrigin + performance.now());
  });
  for (let i = 0; i < 30; i++) {
    await box.sh('kubectl label pod target on=no --overwrite');
    await new Promise(next => setTimeout(next, 300));
    await box.sh('kubectl label pod target on=yes --overwrite');
    await new Promise(next => setTimeout(next, 300));
  }
  await box.inside(['touch', '/run/stop'], { name });
  watch.kill();
  const ups = (await asked).stdout
    .split('\n')
    .filter(line => line.endsWith(' up'))
    .map(line => Number(line.split(' ')[0]) / 1e6);
  return seen
    .map(at => ups.find(up => up > at - 50))
    .map((up, index) => (up === undefined ? Number.NaN : Math.max(0, up - seen[index]!)))
    .filter(delay => Number.isFinite(delay) && delay < 5000);
}
