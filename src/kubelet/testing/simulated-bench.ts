import type { V1Container } from '../../api/generated/types.ts';
import { createTestClock, type TestClock } from '../../testing/clock.ts';
import { podNameLabel } from '../labels.ts';
import type { MachineFacts } from '../options.ts';
import type { ImageBehaviour } from '../simulated/behaviour.ts';
import { createSimulatedRuntime, type SimulatedRuntime } from '../simulated/runtime.ts';
import { createMemoryFiles, type MemoryFiles } from '../volumes/memory.ts';
import { type Bench, benchOptions, contextFor, createClient, endSandbox, start } from './bench.ts';

const stepMs = 10;

const facts: MachineFacts = {
  cpus: 4,
  memoryBytes: 8 * 1024 ** 3,
  storageBytes: 100 * 1024 ** 3,
  kernelVersion: '6.1.0',
  osImage: 'Simulated',
  operatingSystem: 'linux',
  architecture: 'amd64',
  machineId: 'machine',
  systemUuid: 'system',
  bootId: 'boot',
};

export interface SimulatedBench extends Bench {
  clock: TestClock;
  runtime: SimulatedRuntime;
  files: MemoryFiles;
  removedCgroups: string[];
}

/** A kubelet whose runtime, disk, network and time are simulated. */
export async function simulatedBench(): Promise<SimulatedBench> {
  const clock = createTestClock();
  const client = createClient(clock);
  const context = contextFor(client, clock);
  const files = createMemoryFiles();
  const behaviours = new Map<string, ImageBehaviour>();
  const removedCgroups: string[] = [];
  const runtime = createSimulatedRuntime({
    clock,
    podCidr: '10.90.0.0/24',
    image: name => behaviours.get(name),
    sandboxMs: 50,
    files,
  });
  const options = {
    ...benchOptions({
      runtime,
      files,
      rootDirectory: '/kubelet',
      logDirectory: '/logs',
      machine: {
        facts: async () => facts,
        usage: async () => ({ cpuNanoseconds: 0, workingSetBytes: 0, availableBytes: 0 }),
        disk: async () => ({ totalBytes: 0, availableBytes: 0 }),
        removeCgroup: async path => void removedCgroups.push(path),
      },
    }),
    probeActions: runtime.probeActions,
  };
  const starting = start(context, options);
  await clock.settle();
  let kubelet = await starting;
  const bench: SimulatedBench = {
    client,
    context,
    clock,
    runtime,
    files,
    removedCgroups,
    get kubelet() {
      return kubelet;
    },
    container(behaviour, more = {}): V1Container {
      const image = `simulated/${behaviours.size}:v1`;
      behaviours.set(image, behaviour);
      runtime.addImage(image);
      return { name: 'app', image, imagePullPolicy: 'IfNotPresent', ...more };
    },
    probe: { exec: { command: ['cat', '/tmp/ready'] } },
    async setReady(pod, container, ready) {
      const running = runtime.running(pod, container);
      if (running) running.ready = ready;
    },
    async until(what, condition, limitMs = 60_000) {
      await clock.settle();
      for (let passed = 0; !(await condition()); passed += stepMs) {
        if (passed >= limitMs) throw new Error(`never: ${what}`);
        await clock.advance(stepMs);
      }
    },
    pass: milliseconds => clock.advance(milliseconds),
    logOf: async (pod, container) =>
      [...runtime.all.values()]
        .findLast(one => one.config.name === container && one.config.labels[podNameLabel] === pod)
        ?.lines.map(line => line.split(' ').slice(3).join(' ')) ?? [],
    containersOf: async pod =>
      [...runtime.all.values()].filter(one => one.config.labels[podNameLabel] === pod).length,
    async restart(meanwhile) {
      await kubelet[Symbol.asyncDispose]();
      await meanwhile?.();
      const again = start(context, options);
      await clock.settle();
      kubelet = await again;
    },
    async loseSandbox(pod) {
      const ended = endSandbox(runtime, pod);
      await clock.settle();
      await clock.advance(1);
      await ended;
    },
    async close() {
      await kubelet[Symbol.asyncDispose]();
      await context.informers[Symbol.asyncDispose]();
    },
  };
  return bench;
}
