// Network namespaces for tests and benchmarks: each is held by a process that ends when this process does, however it ends,
// and with it go all links, addresses, routes and rules inside.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ExecOptions, exec } from './exec.ts';

export interface NetworkNamespace extends AsyncDisposable {
  /** The holder's process id; `/proc/<pid>/ns/net` is the namespace. */
  readonly pid: number;
  /** Runs a program inside to its end; throws CommandError. */
  exec(program: string, args: readonly string[], options?: ExecOptions): Promise<string>;
  /** Starts a program inside; it is ended with the namespace at the latest. */
  spawn(program: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Runs `ip` commands, all or up to the first that fails. */
  ip(...commands: readonly string[]): Promise<void>;
  /** Writes a sysctl of the namespace: `net.ipv4.ip_forward`. */
  sysctl(name: string, value: number | string): Promise<void>;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Makes an empty namespace with its loopback up. Needs root. */
export async function createNetworkNamespace(): Promise<NetworkNamespace> {
  // The holder reads until its input ends, which the kernel brings about even if this process is killed.
  const holder = spawn(
    'unshare',
    ['--net', '--', 'sh', '-c', 'ip link set lo up && echo ready && exec cat'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const children = new Set<ChildProcess>([holder]);
  const ready = await Promise.race([
    once(holder.stdout!, 'data').then(() => true),
    once(holder, 'exit').then(() => false),
  ]);
  const { pid } = holder;
  if (!ready || pid === undefined) throw new Error('a network namespace could not be made: root is needed');
  holder.unref();
  const inside = (program: string, args: readonly string[]): [string, string[]] => [
    'nsenter',
    [`--net=/proc/${pid}/ns/net`, '--', program, ...args],
  ];
  const run: NetworkNamespace['exec'] = (program, args, options) => exec(...inside(program, args), options);
  return {
    pid,
    exec: run,
    spawn(program, args, options = {}) {
      const child = spawn(...inside(program, args), options);
      children.add(child);
      child.once('exit', () => children.delete(child));
      return child;
    },
    async ip(...commands) {
      await run('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
    },
    async sysctl(name, value) {
      await run('sh', ['-c', `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`]);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...children].map(end));
    },
  };
}

/** One end of a virtual cable. */
export interface CableEnd {
  namespace: NetworkNamespace;
  name: string;
  /** CIDRs. */
  addresses?: readonly string[];
  /** A bridge of that namespace that the end is put into; its port may then send frames back where they came from. */
  bridge?: string;
}

/** Connects two namespaces by a veth pair, both ends up. */
export async function connect(a: CableEnd, b: CableEnd): Promise<void> {
  await a.namespace.ip(`link add ${a.name} type veth peer name ${b.name} netns ${b.namespace.pid}`);
  for (const { namespace, name, addresses = [], bridge } of [a, b])
    await namespace.ip(
      ...(bridge ? [`link set ${name} master ${bridge}`] : []),
      ...addresses.map(address => `addr add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`),
      `link set ${name} up`,
      ...(bridge ? [`link set ${name} type bridge_slave hairpin on`] : []),
    );
}
