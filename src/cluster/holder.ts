// A holder is a process that does nothing but hold namespaces (network, mount, PID, UTS, IPC): one for each node and one
// for a cluster of several nodes. Ending it ends every process inside, and with them mounts, interfaces, routes and rules.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

/** Namespaces that a holder has of its own. */
const namespaces = ['--net', '--mount', '--pid', '--uts', '--ipc'] as const;

/**
 * Runs as process 1 of the new PID namespace. While /proc is still the outer one, /proc/self/stat begins with the PID that
 * the outside knows; the holder writes its own file with it before anything else, so that it is never there unknown, even if
 * the command is killed in this moment. /run is its own, so that sockets, bind mounts and locks of containerd, CNI and iptables are too.
 * Names resolve by the cluster's DNS: resolv.conf may be a link into /run, which is empty by then.
 * As process 1 it reaps what is orphaned: the shell's `wait` does that while the sleep lasts.
 */
const script = `
read -r stat < /proc/self/stat
start_time() { echo "\${20}"; }
printf '{"name":"%s","pid":%s,"startTime":"%s"}' "$1" "\${stat%% *}" "$(start_time \${stat##*) })" > "$3.new" && mv "$3.new" "$3" || exit 1
mount -t proc proc /proc &&
mount -t tmpfs -o mode=755,size=64m tmpfs /run && mkdir -p /run/lock /run/netns &&
hostname "$1" && ip link set lo up || exit 1
printf '%s' "$2" > /run/resolv.conf
resolv=$(readlink -m /etc/resolv.conf)
case "$resolv" in /run/*) mkdir -p "\${resolv%/*}"; [ -e "$resolv" ] || : > "$resolv";; esac
[ ! -e "$resolv" ] || mount --bind /run/resolv.conf "$resolv" || exit 1
echo ready
exec <&- >&- 2>&-
while :; do sleep 2147483647 & wait; done
`;

export interface Holder {
  name: string;
  /** As seen from the host; with the start time it names the process beyond doubt. */
  pid: number;
  startTime: string;
}

/** Field 22 of /proc/PID/stat: start time in clock ticks since boot; undefined where there is no such process (or a zombie). */
export function processStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export const isAlive = (process: { pid: number; startTime: string }): boolean =>
  processStartTime(process.pid) === process.startTime;

/**
 * Starts a holder whose hostname is `name`; it lives on when this process ends, and `file` tells where it is (`readProcess`).
 * `resolvConf` is the text of its /etc/resolv.conf.
 */
export async function startHolder(name: string, resolvConf: string, file: string): Promise<Holder> {
  mkdirSync(dirname(file), { recursive: true });
  const child = spawn(
    'unshare',
    [
      ...namespaces,
      '--fork',
      '--kill-child',
      '--propagation',
      'private',
      'sh',
      '-c',
      script,
      'holder',
      name,
      resolvConf,
      file,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  let errors = '';
  child.stderr.on('data', chunk => {
    errors += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.on('error', error =>
      reject(new Error(`cannot start a namespace holder: ${error.message}`, { cause: error })),
    );
    child.on('close', code =>
      reject(new Error(`cannot make namespaces: ${errors.trim() || `unshare ended with ${code}`}`)),
    );
    createInterface({ input: child.stdout }).once('line', () => resolve());
  });
  child.removeAllListeners('close');
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  const holder = readProcess(file);
  if (!holder) throw new Error('the namespace holder ended at once');
  return holder;
}

/** Ends a holder and all inside it, and waits until the kernel has taken its process away. */
export async function endHolder(holder: Holder): Promise<void> {
  if (isAlive(holder)) process.kill(holder.pid, 'SIGKILL');
  for (let waited = 0; isAlive(holder) && waited < 10_000; waited += 5)
    await new Promise(next => setTimeout(next, 5));
  if (isAlive(holder)) throw new Error(`process ${holder.pid} (${holder.name}) does not end`);
}

/** The command line that runs `command` inside the holder's namespaces, in its folder `/`. */
export const inside = (holder: { pid: number }, ...command: string[]): [string, string[]] => [
  'nsenter',
  [`--target=${holder.pid}`, '--net', '--mount', '--pid', '--uts', '--ipc', '--', ...command],
];

/** The command line that runs `command` in the holder's network namespace only. */
export const insideNetwork = (holder: { pid: number }, ...command: string[]): [string, string[]] => [
  'nsenter',
  [`--target=${holder.pid}`, '--net', '--', ...command],
];

/** Remembers a process in a file; read it back with `readProcess`. */
export function writeProcess(file: string, process: Holder): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(process));
}

/** The remembered process if it is still the same one and alive. */
export function readProcess(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as Holder;
    return isAlive(holder) ? holder : undefined;
  } catch {
    return undefined;
  }
}

export const forgetProcess = (file: string): void => rmSync(file, { force: true });
