// What runs inside of a cluster's namespaces: server, agent, or both. First argument: the file with its ProcessConfig.
import { readFileSync } from 'node:fs';
import type { ApiServer } from '../apiserver/server.ts';
import { realBase } from './base.ts';
import { clusterPaths } from './paths.ts';
import { openPki } from './pki.ts';
import type { Message, ProcessConfig } from './process-config.ts';

const tell = (message: Message): void => {
  if (process.connected) process.send?.(message);
};

const config = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ProcessConfig;
const base = realBase();
const { logger } = base;
tell({ type: 'started' });

// A bug in one part must not take the others down unseen: it is logged, and the process goes on.
process.on('unhandledRejection', error => logger.error('unhandled rejection', { error }));
process.on('uncaughtException', error => logger.error('uncaught exception', { error }));
// The command that started us may end at any time.
process.on('disconnect', () => {});

/** The command makes certificates while this process loads its code. It may end before it has made them. */
const pki = new Promise<void>((resolve, reject) => {
  const leave = (): void => reject(new Error('the command ended before it had made the certificates'));
  process.once('message', () => resolve());
  process.once('disconnect', leave);
  // What came while the code was loaded is told in the next turn.
  if (!process.connected) setImmediate(leave);
}).then(() => openPki(clusterPaths(config.cluster, base.env)));
pki.catch(() => {});

const stack = new AsyncDisposableStack();
let stopping = false;
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  logger.info('stopping');
  await stack.disposeAsync().catch(error => logger.error('stopping failed', { error }));
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());

async function startServerHalf(): Promise<ApiServer> {
  const { createEmbeddedStore } = await import('../store/embedded.ts');
  // Its thread starts while this one loads the rest.
  const store = createEmbeddedStore({ directory: clusterPaths(config.cluster, base.env).store });
  store.catch(() => {});
  const { startServer } = await import('./server.ts');
  return startServer(config, base, { pki, store }, stack);
}

try {
  const progress = (text: string): void => tell({ type: 'progress', text });
  // Each half loads its own code only.
  const server = config.roles.includes('server') ? startServerHalf() : Promise.resolve(undefined);
  server.catch(() => {});
  if (config.node) {
    const { startNodeProcess } = await import('./node.ts');
    await startNodeProcess({ config, node: config.node, base, pki, server, stack, progress });
  }
  await server;
  tell({ type: 'ready' });
  logger.info('ready', { roles: config.roles, sinceStartMs: Math.round(performance.now()) });
  if (process.connected) process.disconnect();
} catch (error) {
  logger.error('the start failed', { error });
  tell({ type: 'failed', message: error instanceof Error ? error.message.split('\n')[0]! : String(error) });
  setTimeout(() => process.exit(1), 100).unref();
  await stack.disposeAsync().catch(() => {});
  process.exit(1);
}
