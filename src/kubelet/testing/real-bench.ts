import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Container } from '../../api/generated/types.ts';
import { silentLogger } from '../../machinery/logger.ts';
import { realClock } from '../../platform/clock.ts';
import { exec } from '../../platform/exec.ts';
import { createCriRuntime } from '../cri/runtime.ts';
import { podNameLabel } from '../labels.ts';
import { linuxMachine } from '../machine.ts';
import type { KubeletServerOptions } from '../options.ts';
import type { Runtime } from '../runtime.ts';
import { parseLogLine } from '../server/log-format.ts';
import type { ImageBehaviour } from '../simulated/behaviour.ts';
import { diskFiles } from '../volumes/disk.ts';
import { type Bench, benchOptions, contextFor, createClient, endSandbox, start } from './bench.ts';
import { shellImage, startContainerd } from './containerd.ts';

export interface RealBench extends Bench {
  runtime: Runtime;
  /** Kills containerd and starts it again; calls `meanwhile` in between. */
  restartRuntime(meanwhile: () => Promise<void>): Promise<void>;
  /** Holds everything of the bench. */
  directory: string;
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, milliseconds));
const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);

/** A shell script that behaves as told. Sleeps are waited for in the background, so that signals are heard at once. */
function script(behaviour: ImageBehaviour): string {
  const { log = [], exitAfterMs, exitCode = 0, stopMs = 0, stopExitCode = 0, readyAfterMs = 0 } = behaviour;
  const { terminationMessage } = behaviour;
  return [
    `trap 'trap "" TERM; sleep ${seconds(stopMs)}; exit ${stopExitCode}' TERM`,
    ...log.map(line => `echo '${line}'`),
    readyAfterMs > 0 ? `(sleep ${seconds(readyAfterMs)}; touch /tmp/ready) &` : 'touch /tmp/ready',
    exitAfterMs === undefined
      ? 'while true; do sleep 3600 & wait $!; done'
      : `sleep ${seconds(exitAfterMs)} & wait $!`,
    terminationMessage ? `echo -n '${terminationMessage}' > /dev/termination-log` : '',
    `exit ${exitCode}`,
  ].join('\n');
}

/** A kubelet over a containerd of its own. To be called inside namespaces of the test's own, as root. */
export async function realBench(server?: KubeletServerOptions): Promise<RealBench> {
  const directory = await mkdtemp(join(tmpdir(), 'tsukube-kubelet-'));
  await exec('ip', ['link', 'set', 'lo', 'up']);
  let containerd = await startContainerd(directory);
  const runtime = await createCriRuntime({
    socket: containerd.socket,
    clock: realClock,
    logger: silentLogger,
  });
  const client = createClient(realClock);
  const context = contextFor(client, realClock);
  const machine = linuxMachine(directory);
  const cgroupParent = `/tsukube-test-${directory.slice(-6)}`;
  const options = {
    ...benchOptions({
      runtime,
      machine,
      files: diskFiles,
      rootDirectory: join(directory, 'kubelet'),
      logDirectory: join(directory, 'logs'),
    }),
    cgroupParent,
    ...(server ? { server } : {}),
  };
  let kubelet = await start(context, options);

  const containersOf = async (pod: string) =>
    (await runtime.containers()).filter(({ labels }) => labels[podNameLabel] === pod);
  return {
    client,
    context,
    clock: realClock,
    runtime,
    directory,
    get kubelet() {
      return kubelet;
    },
    container: (behaviour, more = {}): V1Container => ({
      name: 'app',
      image: shellImage,
      imagePullPolicy: 'IfNotPresent',
      command: ['sh', '-c', script(behaviour)],
      ...more,
    }),
    probe: { exec: { command: ['cat', '/tmp/ready'] } },
    async setReady(pod, name, ready) {
      const found = (await containersOf(pod)).find(each => each.name === name && each.state === 'running');
      await runtime.execSync(found!.id, ready ? ['touch', '/tmp/ready'] : ['rm', '-f', '/tmp/ready'], 5);
    },
    async until(what, condition, limitMs = 60_000) {
      const end = performance.now() + limitMs;
      while (!(await condition())) {
        if (performance.now() > end) throw new Error(`never: ${what}`);
        await wait(5);
      }
    },
    pass: wait,
    containersOf: async pod => (await containersOf(pod)).length,
    async logOf(pod, name) {
      const found = (await containersOf(pod)).find(each => each.name === name);
      const { logPath } = await runtime.containerStatus(found!.id);
      const lines = (await readFile(logPath, 'utf8')).split('\n').filter(Boolean);
      return lines.map(line => parseLogLine(line)?.content.trimEnd() ?? '');
    },
    async restart(meanwhile) {
      await kubelet[Symbol.asyncDispose]();
      await meanwhile?.();
      kubelet = await start(context, options);
    },
    loseSandbox: pod => endSandbox(runtime, pod),
    async restartRuntime(meanwhile) {
      const ended = new Promise(resolve => containerd.process.once('exit', resolve));
      containerd.process.kill('SIGKILL');
      await ended;
      await meanwhile();
      containerd = await startContainerd(directory);
    },
    async close() {
      await kubelet[Symbol.asyncDispose]();
      await context.informers[Symbol.asyncDispose]();
      for (const { id } of await runtime.sandboxes()) {
        await runtime.stopSandbox(id);
        await runtime.removeSandbox(id);
      }
      await runtime[Symbol.asyncDispose]();
      const ended = new Promise(resolve => containerd.process.once('exit', resolve));
      containerd.process.kill('SIGTERM');
      await ended;
      const root = join(directory, 'kubelet');
      for (const uid of await diskFiles.podUids(root)) await diskFiles.removePod(root, uid);
      await exec('umount', [join(directory, 'kubelet', 'memory')]).catch(() => {});
      await machine.removeCgroup(cgroupParent);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
