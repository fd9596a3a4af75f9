import { timestamp } from '../../machinery/clock.ts';
import { containerNameLabel, podNameLabel, podNamespaceLabel, podUidLabel } from '../labels.ts';
import type { Core } from '../pods/core.ts';
import type { ContainerStats } from '../runtime.ts';

interface Sample {
  at: number;
  cpuNanoseconds: number;
}

/** Rates need two looks: the last one of each container is kept. */
const samples = new WeakMap<Core, Map<string, Sample>>();

/** CPU nanoseconds a second since the last look, 0 at the first. */
function rate(previous: Map<string, Sample>, next: Map<string, Sample>, id: string, sample: Sample): number {
  next.set(id, sample);
  const before = previous.get(id);
  if (!before || sample.at <= before.at) return 0;
  return Math.max(
    0,
    Math.round(((sample.cpuNanoseconds - before.cpuNanoseconds) / (sample.at - before.at)) * 1000),
  );
}

/** GET /stats/summary: what the node, its Pods and their containers use (upstream: kubelet/pkg/apis/stats/v1alpha1). */
export async function statsSummary(core: Core): Promise<object> {
  const { options, context } = core;
  const [stats, usage] = await Promise.all([options.runtime.containerStats(), options.machine.usage()]);
  const previous = samples.get(core) ?? new Map<string, Sample>();
  const next = new Map<string, Sample>();
  samples.set(core, next);
  const now = context.clock.now();
  const time = timestamp(now);

  const pods = Map.groupBy(
    stats.filter(({ labels }) => labels[podUidLabel]),
    ({ labels }) => labels[podUidLabel]!,
  );
  const container = (each: ContainerStats) => ({
    name: each.labels[containerNameLabel] ?? each.name,
    startTime: time,
    cpu: {
      time: timestamp(each.at),
      usageNanoCores: rate(previous, next, each.id, { at: each.at, cpuNanoseconds: each.cpuNanoseconds }),
      usageCoreNanoSeconds: each.cpuNanoseconds,
    },
    memory: { time: timestamp(each.at), workingSetBytes: each.workingSetBytes },
    rootfs: { time: timestamp(each.at), usedBytes: each.writableLayerBytes },
  });
  return {
    node: {
      nodeName: options.nodeName,
      startTime: time,
      cpu: {
        time,
        usageNanoCores: rate(previous, next, '', { at: now, cpuNanoseconds: usage.cpuNanoseconds }),
        usageCoreNanoSeconds: usage.cpuNanoseconds,
      },
      memory: {
        time,
        availableBytes: usage.availableBytes,
        usageBytes: core.facts.memoryBytes - usage.availableBytes,
        workingSetBytes: usage.workingSetBytes,
      },
    },
    pods: Array.from(pods, ([uid, members]) => {
      const containers = members.map(container);
      const sum = (pick: (each: (typeof containers)[number]) => number): number =>
        containers.reduce((total, each) => total + pick(each), 0);
      const { labels } = members[0]!;
      return {
        podRef: { name: labels[podNameLabel] ?? '', namespace: labels[podNamespaceLabel] ?? '', uid },
        startTime: time,
        containers,
        cpu: {
          time,
          usageNanoCores: sum(each => each.cpu.usageNanoCores),
          usageCoreNanoSeconds: sum(each => each.cpu.usageCoreNanoSeconds),
        },
        memory: { time, workingSetBytes: sum(each => each.memory.workingSetBytes) },
      };
    }),
  };
}

/** GET /metrics/resource: what metrics-server reads. */
export async function resourceMetrics(core: Core): Promise<string> {
  const [stats, usage] = await Promise.all([
    core.options.runtime.containerStats(),
    core.options.machine.usage(),
  ]);
  const now = core.context.clock.now();
  const lines = [
    '# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in core-seconds',
    '# TYPE node_cpu_usage_seconds_total counter',
    `node_cpu_usage_seconds_total ${usage.cpuNanoseconds / 1e9} ${now}`,
    '# HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes',
    '# TYPE node_memory_working_set_bytes gauge',
    `node_memory_working_set_bytes ${usage.workingSetBytes} ${now}`,
  ];
  const each = (name: string, kind: string, help: string, value: (stats: ContainerStats) => number): void => {
    lines.push(`# HELP ${name} [STABLE] ${help}`, `# TYPE ${name} ${kind}`);
    for (const one of stats) {
      const { labels } = one;
      const about = `container="${labels[containerNameLabel]}",namespace="${labels[podNamespaceLabel]}",pod="${labels[podNameLabel]}"`;
      lines.push(`${name}{${about}} ${value(one)} ${Math.round(one.at)}`);
    }
  };
  each(
    'container_cpu_usage_seconds_total',
    'counter',
    'Cumulative cpu time consumed by the container in core-seconds',
    one => one.cpuNanoseconds / 1e9,
  );
  each(
    'container_memory_working_set_bytes',
    'gauge',
    'Current working set of the container in bytes',
    one => one.workingSetBytes,
  );
  return `${lines.join('\n')}\n`;
}
