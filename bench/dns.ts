// Questions per second and delay of the cluster DNS over UDP on loopback: names of the cluster, headless services, forwarded names.
// `node bench/dns.ts [--runs 5] [--queries 20000] [--services 10000]`. Server and client are two threads.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { encode } from 'dns-packet';
import { networkExchange } from '../src/dns/exchange.node.ts';
import { exampleZone, service, slice } from '../src/dns/fixture.ts';
import { createForwarder } from '../src/dns/forward.ts';
import { createDnsMetrics } from '../src/dns/metrics.ts';
import { ClusterRecords } from '../src/dns/records.ts';
import { createHandler } from '../src/dns/server.ts';
import { listenUdp } from '../src/dns/udp.node.ts';
import { silentLogger } from '../src/machinery/logger.ts';
import { realClock } from '../src/platform/clock.ts';
import { createMetrics } from '../src/platform/metrics.ts';
import { realRandom } from '../src/platform/random.ts';
import { option, printFigure, printMachine, quantile } from './lib/report.ts';

/** Questions under way at once. */
const window = 64;

interface Settings {
  services: number;
  upstreamPort: number;
}

/** The server as `startDns` composes it, over records made here instead of an API. */
async function serve({ services, upstreamPort }: Settings): Promise<void> {
  const records = new ClusterRecords();
  records.setNamespace('default', true);
  for (let i = 0; i < services; i++) {
    const clusterIP = `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
    records.setService(`default/s${i}`, service(`s${i}`, { clusterIP, ports: [{ name: 'http', port: 80 }] }));
    records.setSlice(`default/s${i}-1`, slice(`s${i}`, [{ address: `10.244.${(i >> 8) & 255}.${i & 255}` }]));
  }
  const endpoints = Array.from({ length: 10 }, (_, i) => ({ address: `10.250.0.${i}` }));
  records.setService('default/headless', service('headless', { clusterIP: 'None', ports: [{ port: 80 }] }));
  records.setSlice('default/headless-1', slice('headless', endpoints));
  const metrics = createDnsMetrics(createMetrics(), realClock, 53);
  const forwarder = createForwarder({
    upstreams: [{ address: '127.0.0.1', port: upstreamPort }],
    exchange: networkExchange(realClock),
    clock: realClock,
    random: realRandom,
    logger: silentLogger,
    metrics,
  });
  const zone = exampleZone(records);
  const handler = createHandler({ zone, forwarder, clock: realClock, logger: silentLogger, metrics });
  const { port } = await listenUdp('127.0.0.1', 0, handler, () => undefined);
  parentPort?.postMessage(port);
}

/** Asks `count` questions, `window` at a time; gives questions per second and all delays in microseconds. */
async function ask(port: number, names: readonly string[], count: number) {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
  const packets = names.map(name => encode({ type: 'query', flags: 256, questions: [{ type: 'A', name }] }));
  const sentAt = new Float64Array(65536);
  const delays: number[] = [];
  let sent = 0;
  const send = (): void => {
    if (sent >= count) return;
    const id = sent & 0xffff;
    const packet = Buffer.from(packets[sent % packets.length]!);
    packet.writeUInt16BE(id);
    sentAt[id] = performance.now();
    sent++;
    socket.send(packet, port, '127.0.0.1');
  };
  socket.on('message', reply => {
    delays.push((performance.now() - sentAt[reply.readUInt16BE(0)]!) * 1000);
    if (delays.length === count) socket.emit('all');
    else send();
  });
  const listening = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await listening;
  const began = performance.now();
  const all = once(socket, 'all', { signal: AbortSignal.timeout(60_000) });
  for (let i = 0; i < window; i++) send();
  await all;
  socket.close();
  return { perSecond: count / ((performance.now() - began) / 1000), delays };
}

async function main(): Promise<void> {
  const runs = option('runs', 5);
  const queries = option('queries', 20_000);
  const services = option('services', 10_000);
  printMachine();
  console.log(`${services} services, ${queries} questions a run, ${window} under way at once`);
  const upstream = await listenUdp(
    '127.0.0.1',
    0,
    packet => {
      const reply = Buffer.from(packet);
      reply.writeUInt16BE(0x8180, 2);
      return reply;
    },
    () => undefined,
  );
  const settings: Settings = { services, upstreamPort: upstream.port };
  const worker = new Worker(new URL(import.meta.url), { workerData: settings, stderr: false });
  const [port] = (await once(worker, 'message')) as [number];
  const cases: [string, string[], number?][] = [
    ['a service that is asked for again and again', ['s1.default.svc.cluster.local']],
    ['all services in turn', Array.from({ length: services }, (_, i) => `s${i}.default.svc.cluster.local`)],
    ['names that do not exist', Array.from({ length: 1000 }, (_, i) => `x${i}.default.svc.cluster.local`)],
    ['a headless service of 10 endpoints', ['headless.default.svc.cluster.local']],
    ['forwarded, nothing of it kept', Array.from({ length: 500 }, (_, i) => `f${i}.example.org`), 2000],
  ];
  for (const [what, names, fewer] of cases) {
    const rates: number[] = [];
    const delays: number[] = [];
    for (let run = 0; run < runs; run++) {
      const outcome = await ask(port, names, Math.min(queries, fewer ?? queries));
      rates.push(outcome.perSecond);
      delays.push(...outcome.delays);
    }
    printFigure(what, rates, 'questions/s');
    console.log(
      `  delay p50 ${quantile(delays, 0.5).toFixed(0)} µs, p99 ${quantile(delays, 0.99).toFixed(0)} µs`,
    );
  }
  const single: number[] = [];
  for (let run = 0; run < runs; run++) {
    const { delays } = await askOne(port, 200);
    single.push(quantile(delays, 0.5));
  }
  printFigure('one question at a time, p50', single, 'µs');
  await worker.terminate();
  await upstream[Symbol.asyncDispose]();
}

/** One after the other, from one client. */
async function askOne(port: number, count: number): Promise<{ delays: number[] }> {
  const delays: number[] = [];
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
  const packet = encode({
    type: 'query',
    flags: 256,
    questions: [{ type: 'A', name: 's1.default.svc.cluster.local' }],
  });
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    const reply = once(socket, 'message', { signal: AbortSignal.timeout(5000) });
    socket.send(packet, port, '127.0.0.1');
    await reply;
    delays.push((performance.now() - began) * 1000);
  }
  socket.close();
  return { delays };
}

if (isMainThread) await main();
else await serve(workerData as Settings);
