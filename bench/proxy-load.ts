// Loading many services into the kernel in nftables mode, and changing one of many: `node bench/proxy-load.ts [--runs 5]`. Needs root.
// Everything happens in a network namespace of its own. Times are from ServicePorts to the kernel's word, planner included.
import { silentLogger } from '../src/machinery/logger.ts';
import { realClock } from '../src/platform/clock.ts';
import { createNetworkNamespace } from '../src/platform/netns.ts';
import type { ServicePort } from '../src/proxy/model/types.ts';
import { nftables } from '../src/proxy/modes/nftables/nftables.ts';
import { option, printFigure, printMachine } from './lib/report.ts';

const runs = option('runs', 5);
const shapes = [
  { services: 10_000, endpoints: 5 },
  { services: 44_128, endpoints: 1 },
  { services: 5_000, endpoints: 50 },
];

const address = (net: number, index: number): string =>
  `${net + (index >> 16)}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

const serviceOf = (index: number, endpoints: number): ServicePort => {
  const list = Array.from({ length: endpoints }, (_, at) => ({
    address: address(20, index * endpoints + at),
    port: 8080,
    local: at === 0 && index % 500 === 0,
  }));
  return {
    service: `default/service-${index}`,
    name: '',
    protocol: 'TCP',
    port: 80,
    clusterIP: address(10, index),
    nodePort: 0,
    externalIPs: [],
    balancerIPs: [],
    sourceRanges: [],
    affinitySeconds: 0,
    internalLocal: false,
    externalLocal: false,
    cluster: list,
    local: [],
    anywhere: true,
    serving: [],
  };
};

const settings = {
  clusterCIDRs: ['20.0.0.0/8'],
  serviceCIDRs: ['10.0.0.0/8'],
  nodePortRanges: [],
  masqueradeAll: false,
};

async function timed(act: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

async function measure({ services, endpoints }: (typeof shapes)[number]): Promise<void> {
  await using namespace = await createNetworkNamespace();
  const context = { execute: namespace.exec, clock: realClock, logger: silentLogger };
  const all = Array.from({ length: services }, (_, index) => [serviceOf(index, endpoints)]);
  const full: number[] = [];
  const again: number[] = [];
  for (let run = 0; run < runs; run++) {
    await nftables.cleanup(context, 'ipv4');
    const mode = nftables.create(context, 'ipv4');
    full.push(await timed(() => mode.replace(all, settings)));
    again.push(await timed(() => mode.replace(all, settings)));
  }
  const mode = nftables.create(context, 'ipv4');
  await mode.replace(all, settings);
  const more: number[] = [];
  const gone: number[] = [];
  const change = (service: string, before: ServicePort[], after: ServicePort[]): Promise<number> =>
    timed(() => mode.update([{ service, before, after }]));
  for (let at = 0; at < 4 * runs; at++) {
    const added = serviceOf(services + at, endpoints);
    more.push(await change(added.service, [], [added]));
    const port = all[at * 7]![0]!;
    // The first of them: every other endpoint moves up by one, the dearest case.
    const cluster = port.cluster.slice(1);
    gone.push(await change(port.service, [port], [{ ...port, cluster, anywhere: cluster.length > 0 }]));
  }
  const what = `${services} services x ${endpoints} endpoints`;
  const first = services === 10_000;
  printFigure(`${what}: full load`, full, 'ms', first ? { atMost: 2000 } : undefined);
  printFigure(`${what}: rewritten in place`, again, 'ms');
  printFigure(`${what}: one more service`, more, 'ms', { atMost: 20 });
  printFigure(`${what}: one endpoint gone`, gone, 'ms');
}

printMachine();
for (const shape of shapes) await measure(shape);
