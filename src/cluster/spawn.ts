// Starting one Node.js process of the cluster inside a holder's namespaces, and hearing from it how far it is.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from './errors.ts';
import { type Holder, inside, processStartTime, writeProcess } from './holder.ts';
import { processesInside } from './memory.ts';
import { cacheRoot } from './paths.ts';
import type { HostSocket } from './ports.ts';
import type { Go, Message, ProcessConfig } from './process-config.ts';

/** How the entry file of this package is named from here: TypeScript in a checkout, JavaScript once compiled. */
const entry = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './process.ts' : './process.js', import.meta.url),
);

export interface SpawnOptions {
  holder: Holder;
  name: string;
  config: ProcessConfig;
  /** Listening sockets; the process knows them by their place: `config.sockets`. */
  sockets: readonly HostSocket[];
  processFile: string;
  log: string;
  onProgress(text: string): void;
  signal: AbortSignal;
  /** The process loads its code while they are made, and then waits for them. */
  certificates: Promise<void>;
}

/** The first of a process' own children, which is where `nsenter` has put the program. */
function childOf(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return children[0] ? Number(children[0]) : undefined;
  } catch {
    return undefined;
  }
}

/** Kills what runs inside of a holder with this configuration. */
function endProgram(holder: Holder, configFile: string): void {
  for (const pid of processesInside(holder)) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(configFile))
        process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended in the meantime.
    }
  }
}

const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', '--enable-source-maps'];

/** Resolves when the process says that it is ready; rejects with its own words when it fails or ends. */
export async function spawnProcess(options: SpawnOptions): Promise<void> {
  mkdirSync(dirname(options.log), { recursive: true });
  mkdirSync(dirname(options.processFile), { recursive: true });
  const configFile = options.processFile.replace(/\.json$/, '.config.json');
  // A command that was killed may have left one that no file tells of.
  endProgram(options.holder, configFile);
  writeFileSync(configFile, JSON.stringify(options.config), { mode: 0o600 });
  const log = openSync(options.log, 'a');
  const nodeFlags = entry.endsWith('.ts') ? flags.filter(flag => flag !== '--enable-source-maps') : flags;
  const [program, args] = inside(options.holder, process.execPath, ...nodeFlags, entry, configFile);
  const child = spawn(program, args, {
    // 3 is the channel for messages; sockets follow from 4 on.
    stdio: ['ignore', log, log, 'ipc', ...options.sockets.map(socket => socket.fd)],
    detached: true,
    cwd: '/',
    env: { ...process.env, NODE_COMPILE_CACHE: join(cacheRoot(), 'compiled') },
  });
  closeSync(log);
  // From here on it is the process inside who accepts; a connection that comes before it does waits in the socket's queue.
  for (const socket of options.sockets) socket.close();
  try {
    await Promise.all([ready(child, options), go(child, options)]);
  } catch (error) {
    // The child is nsenter; the program inside is its own process.
    child.kill('SIGKILL');
    endProgram(options.holder, configFile);
    throw error;
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

async function go(child: ChildProcess, { certificates }: SpawnOptions): Promise<void> {
  await certificates;
  // Should it have ended by now, that is told already.
  child.send({ type: 'certificates are made' } satisfies Go, () => {});
}

function ready(child: ChildProcess, options: SpawnOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = reject as (error: Error) => void;
    const onAbort = (): void => fail(options.signal.reason as Error);
    options.signal.addEventListener('abort', onAbort, { once: true });
    child.on('message', (message: Message) => {
      if (message.type === 'started') remember(child, options);
      else if (message.type === 'progress') options.onProgress(message.text);
      else {
        options.signal.removeEventListener('abort', onAbort);
        if (message.type === 'ready') resolve();
        else fail(new UserError(message.message));
      }
    });
    child.on('error', error =>
      fail(new Error(`cannot start ${options.name}: ${error.message}`, { cause: error })),
    );
    child.on('exit', code =>
      fail(
        new UserError(
          `${options.name} ended while starting (code ${code}); its last words: ${lastLine(options.log)}`,
        ),
      ),
    );
  });
}

function remember(child: ChildProcess, options: SpawnOptions): void {
  const pid = childOf(child.pid!) ?? child.pid!;
  writeProcess(options.processFile, { name: options.name, pid, startTime: processStartTime(pid) ?? '' });
}

const lastLine = (file: string): string =>
  (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').at(-1) : '') ||
  `none; the log is ${file}`;
