// A cluster inside a test: how long its start takes, in a warm process and as a new one, and whether a hundred of them leave anything.
// `node bench/testing-cluster.ts [--runs 20] [--pods 100]`
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster } from '../src/testing/cluster.ts';
import { option, printFigure, printMachine } from './lib/report.ts';

const runs = option('runs', 20);
const pods = option('pods', 100);

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: bench}
spec:
  replicas: ${pods}
  selector: {matchLabels: {app: bench}}
  template:
    metadata: {labels: {app: bench}}
    spec: {containers: [{name: c, image: example.test/bench}]}
`;

const megabytes = (bytes: number): number => bytes / 1e6;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

printMachine();

// A new process: from its first instruction to the first answer, module loading included.
const program = `
  const { Cluster } = await import('${new URL('../src/testing/cluster.ts', import.meta.url)}');
  const cluster = await Cluster.start();
  await cluster.get('node/node-1');
  process.stdout.write(String(performance.now()));
  process.exit(0);`;
const cwd = fileURLToPath(new URL('..', import.meta.url));
const newProcess = (env: NodeJS.ProcessEnv = {}): number =>
  Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      ...{ cwd, encoding: 'utf8' },
      env: { ...process.env, ...env },
    }),
  );
const times = Array.from({ length: Math.min(runs, 10) });
printFigure(
  'a new process to the first answered request, from TypeScript',
  times.map(() => newProcess()),
  'ms',
);
const cache = mkdtempSync(join(tmpdir(), 'testing-cluster-'));
try {
  const env = { NODE_COMPILE_CACHE: cache };
  newProcess(env);
  const cached = times.map(() => newProcess(env));
  printFigure('a new process to the first answered request, compile cache', cached, 'ms', { atMost: 400 });
} finally {
  rmSync(cache, { recursive: true, force: true });
}

// The process gets warm before anything is counted.
for (let run = 0; run < 10; run++) await (await Cluster.start())[Symbol.asyncDispose]();

const [starts, ends, readies, minutes, doors]: number[][] = [[], [], [], [], []];
for (let run = 0; run < runs; run++) {
  let cluster!: Cluster;
  starts!.push(await timed(async () => (cluster = await Cluster.start())));
  readies!.push(
    await timed(async () => {
      await cluster.apply(deployment);
      await cluster.until('deployment/bench', ({ status }) => status?.readyReplicas === pods);
    }),
  );
  minutes!.push(await timed(() => cluster.clock.advance('10m')));
  doors!.push(await timed(() => cluster.kubeconfig));
  ends!.push(await timed(() => cluster[Symbol.asyncDispose]()));
}
printFigure('Cluster.start() with one node, warm', starts!, 'ms', { atMost: 100 });
printFigure(`a Deployment of ${pods} Pods to all Ready`, readies!, 'ms');
printFigure(`ten minutes of time with ${pods} Pods`, minutes!, 'ms');
printFigure('HTTPS and kubeconfig, when first asked for', doors!, 'ms');
printFigure('disposal', ends!, 'ms');

const many: number[] = [];
for (let run = 0; run < 5; run++) {
  let cluster!: Cluster;
  many.push(await timed(async () => (cluster = await Cluster.start({ nodes: 50 }))));
  await cluster[Symbol.asyncDispose]();
}
printFigure('Cluster.start() with 50 nodes, warm', many, 'ms');

// A hundred started and disposed of: what stays.
const collect = (globalThis as { gc?: () => void }).gc;
const resources = (): number => process.getActiveResourcesInfo().length;
collect?.();
const before = { heap: process.memoryUsage().heapUsed, resources: resources() };
for (let run = 0; run < 100; run++) {
  await using cluster = await Cluster.start();
  if (run % 10 === 0) await cluster.kubeconfig;
}
// Closed sockets are counted until the event loop has come round.
await new Promise(resolve => setTimeout(resolve, 100));
collect?.();
console.log(
  `100 clusters started and disposed of: heap ${collect ? '' : '(run with --expose-gc to be exact) '}${megabytes(before.heap).toFixed(1)} to ${megabytes(process.memoryUsage().heapUsed).toFixed(1)} MB, handles and timers ${before.resources} to ${resources()}`,
);
