// Keep-alive HTTP through a virtual IP beside the same without it, alternating in one run: `node bench/proxy-throughput.ts [--runs 40]
// [--slice 250] [--services 1000]`. Needs root. Client, node and pod are network namespaces; the node routes, and holds that many services.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../src/machinery/logger.ts';
import { realClock } from '../src/platform/clock.ts';
import { connect, createNetworkNamespace } from '../src/platform/netns.ts';
import type { ServicePort } from '../src/proxy/model/types.ts';
import { nftables } from '../src/proxy/modes/nftables/nftables.ts';
import { median, option, printFigure, printMachine } from './lib/report.ts';

const runs = option('runs', 40);
const sliceMs = option('slice', 250);
const services = option('services', 1000);
const role = process.argv[2];
const self = fileURLToPath(import.meta.url);

/** Answers HTTP on a bare socket: the less the ends cost, the more the way between them shows. */
async function serve(): Promise<void> {
  const { createServer } = await import('node:net');
  const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => {});
    socket.on('data', chunk => {
      let count = 0;
      for (let at = chunk.indexOf('\r\n\r\n'); at >= 0; at = chunk.indexOf('\r\n\r\n', at + 4)) count++;
      for (; count > 0; count--) socket.write(answer);
    });
  });
  server.listen(8080, () => process.stdout.write('ready\n'));
  process.stdin.resume().on('end', () => process.exit());
}

/**
 * Keeps 16 connections each way, and lets one way work at a time, for a slice; who is first alternates. On a machine that does
 * other things too, only such neighbours in time can be compared. Prints requests a second, by way and slice.
 */
async function load(targets: readonly (readonly [host: string, port: number])[]): Promise<void> {
  const { connect: open } = await import('node:net');
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const counts = targets.map(() => 0);
  let active = -1;
  const groups = targets.map(([host, port], way) =>
    Array.from({ length: 16 }, () => {
      const socket = open({ host, port, noDelay: true });
      socket.on('data', () => {
        counts[way]!++;
        if (active === way) socket.write(request);
      });
      socket.on('error', error => {
        throw error;
      });
      return socket;
    }),
  );
  const slice = async (way: number): Promise<number> => {
    const before = counts[way]!;
    const started = performance.now();
    active = way;
    for (const socket of groups[way]!) socket.write(request);
    await new Promise(resolve => setTimeout(resolve, sliceMs));
    active = -1;
    const rate = ((counts[way]! - before) * 1000) / (performance.now() - started);
    await new Promise(resolve => setTimeout(resolve, 20)); // What is under way comes in.
    return rate;
  };
  const rates: number[][] = targets.map(() => []);
  for (let run = -4; run < runs; run++)
    for (const way of run % 2 === 0 ? [0, 1] : [1, 0]) {
      const rate = await slice(way);
      if (run >= 0) rates[way]!.push(rate); // Before that everything warms up.
    }
  process.stdout.write(JSON.stringify(rates));
  process.exit();
}

const servicePort = (index: number, pod: string): ServicePort => ({
  service: `default/s${index}`,
  name: '',
  protocol: 'TCP',
  port: 80,
  clusterIP: `10.96.${index >> 8}.${index & 255}`,
  nodePort: 0,
  externalIPs: [],
  balancerIPs: [],
  sourceRanges: [],
  affinitySeconds: 0,
  internalLocal: false,
  externalLocal: false,
  cluster: [{ address: pod, port: 8080, local: true }],
  local: [],
  anywhere: true,
  serving: [],
});

async function main(): Promise<void> {
  await using client = await createNetworkNamespace();
  await using node = await createNetworkNamespace();
  await using pod = await createNetworkNamespace();
  const [clientEnd, podEnd] = ['10.244.1.2', '10.244.2.2'];
  await connect(
    { namespace: client, name: 'eth0', addresses: [`${clientEnd}/24`] },
    { namespace: node, name: 'client', addresses: ['10.244.1.1/24'] },
  );
  await connect(
    { namespace: pod, name: 'eth0', addresses: [`${podEnd}/24`] },
    { namespace: node, name: 'pod', addresses: ['10.244.2.1/24'] },
  );
  await client.ip('route add default via 10.244.1.1');
  await pod.ip('route add default via 10.244.2.1');
  await node.sysctl('net.ipv4.ip_forward', 1);
  const context = { execute: node.exec, clock: realClock, logger: silentLogger };
  await nftables.create(context, 'ipv4').replace(
    Array.from({ length: services }, (_, index) => [servicePort(index, podEnd)]),
    {
      clusterCIDRs: ['10.244.0.0/16'],
      serviceCIDRs: ['10.96.0.0/16'],
      nodePortRanges: [],
      masqueradeAll: false,
    },
  );
  const server = pod.spawn(process.execPath, [self, 'serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(server.stdout!, 'data');
  const output = await client.exec(process.execPath, [self, 'load', podEnd, ...process.argv.slice(2)]);
  const [direct, virtual] = JSON.parse(output) as [number[], number[]];
  printMachine();
  printFigure('direct', direct, 'requests/s');
  printFigure(`through the virtual IP, ${services} services`, virtual, 'requests/s');
  const ratios = virtual.map((value, index) => value / direct[index]!);
  printFigure('ratio of neighbours', ratios, '', { atLeast: 0.95 });
  console.log(`ratio of medians: ${(median(virtual) / median(direct)).toFixed(3)}`);
}

if (role === 'serve') await serve();
else if (role === 'load')
  await load([
    [process.argv[3]!, 8080],
    ['10.96.0.7', 80],
  ]);
else await main();
