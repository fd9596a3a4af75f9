// A server over a memory store, for tests of the core: permissive stages unless told otherwise.
import { createRegistry } from '../api/builtins.ts';
import type { V1Status } from '../api/generated/types.ts';
import type { Registry } from '../api/registration.ts';
import type { Clock } from '../machinery/clock.ts';
import { silentLogger } from '../machinery/logger.ts';
import { noMetrics } from '../machinery/metrics.ts';
import { type Random, seededRandom } from '../machinery/random.ts';
import { createMemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import type { StagesFactory } from './contracts.ts';
import { permissiveStages } from './permissive.ts';
import { type ApiServer, type ApiServerOptions, createApiServer } from './server.ts';

export interface TestServerOptions extends Partial<ApiServerOptions> {
  clock: Clock;
  store?: Store;
  random?: Random;
  registry?: Registry;
  stages?: StagesFactory;
}

export const testVersion = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0+tsukube',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

/** A server that may not be ready yet. */
export const createTestServer = (options: TestServerOptions): Promise<ApiServer> =>
  createApiServer({
    store: createMemoryStore(),
    registry: createRegistry(),
    random: seededRandom(1),
    logger: silentLogger,
    metrics: noMetrics,
    stages: permissiveStages(),
    version: testVersion,
    ...options,
  });

export async function startTestServer(options: TestServerOptions): Promise<ApiServer> {
  const server = await createTestServer(options);
  try {
    await server.ready;
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body, parsed. */
  json: Record<string, never> & { metadata: Record<string, never>; items: never[] } & V1Status;
}

/** Sends requests to a server as a client of HTTP would. */
export const caller =
  (server: Pick<ApiServer, 'fetch'>) =>
  async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await server.fetch(
      new Request(`http://server${path}`, { method, body: text as string, headers: { ...type, ...headers } }),
    );
    const answer = await response.text();
    const json = answer.startsWith('{') ? JSON.parse(answer) : {};
    return { status: response.status, headers: response.headers, text: answer, json };
  };
