// From the command to a Ready node, to the first Pod that answers through a virtual IP, and what an idle cluster weighs.
// `node bench/up.ts [--runs 5]`, as root, on a machine that set-up has prepared.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Holder } from '../src/cluster/holder.ts';
import { processesInside, residentBytes } from '../src/cluster/memory.ts';
import { Sandbox } from '../test/e2e/harness.ts';
import { option, printFigure, printMachine } from './lib/report.ts';

const runs = option('runs', 5);
const name = 'bench-up';
const manifest = `
apiVersion: v1
kind: Pod
metadata: {name: first, labels: {app: first}}
spec: {containers: [{name: web, image: 'tsukube.local/myapp:v1'}]}
---
apiVersion: v1
kind: Service
metadata: {name: first}
spec: {clusterIP: 10.96.200.200, selector: {app: first}, ports: [{port: 80}]}
`;

printMachine();
await using box = new Sandbox();
const ready: number[] = [];
const answered: number[] = [];
const resident: number[] = [];
const down: number[] = [];
// The first run makes the images, as on a machine that never had a cluster: not counted.
for (let run = 0; run <= runs; run++) {
  const began = performance.now();
  const outcome = await box.tsukube(['up', '--name', name]);
  assert.equal(outcome.code, 0, outcome.stderr);
  const upMs = performance.now() - began;
  const holder = JSON.parse(
    readFileSync(join(box.env.XDG_STATE_HOME!, 'tsukube', name, 'run', `${name}-1`, 'holder.json'), 'utf8'),
  ) as Holder;
  if (run > 0) ready.push(upMs / 1000);
  await box.sh('kubectl apply -f -', { input: manifest });
  // A loop inside of the node: no tool is started anew for each try.
  const script =
    'i=0; until curl -s -m 1 -o /dev/null http://10.96.200.200/; do i=$((i+1)); [ $i -lt 500 ] || exit 1; sleep 0.01; done';
  assert.equal((await box.inside(['sh', '-c', script], { name })).code, 0);
  if (run > 0) answered.push((performance.now() - began) / 1000);
  await box.sh('kubectl delete pod,svc first --now');
  await new Promise(next => setTimeout(next, 10_000));
  if (run > 0) resident.push(residentBytes(holder) / 1024 ** 2);
  if (run === runs) {
    for (const pid of processesInside(holder)) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      console.log(
        `  ${/^Name:\s+(.*)/m.exec(status)?.[1]}: ${Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024)} MB`,
      );
    }
  }
  const before = performance.now();
  await box.tsukube(['down', '--name', name]);
  if (run > 0) down.push((performance.now() - before) / 1000);
}
printFigure('up: command to node Ready and default Service answering', ready, 's', { atMost: 2 });
printFigure('up: command to first Pod answering through a virtual IP', answered, 's', { atMost: 3 });
printFigure('idle one-node cluster: resident memory of all processes', resident, 'MB', { atMost: 250 });
printFigure('down', down, 's');
