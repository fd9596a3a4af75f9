// A server with the real policy over a memory store, for tests of the policy.
import type { Client } from '../client/client.ts';
import { realClock } from '../platform/clock.ts';
import type { User } from './contracts.ts';
import { generateKey } from './pki/keys.ts';
import type { ApiServer } from './server.ts';
import { createStages, type StagesOptions } from './stages.ts';
import { type Answer, caller, startTestServer, type TestServerOptions } from './testing.ts';

export interface PolicyServer extends AsyncDisposable {
  server: ApiServer;
  admin: Client;
  as(user: User): Client;
  /** HTTP as whoever bears the token; without one, as nobody. */
  call(
    method: string,
    path: string,
    body?: unknown,
    token?: string,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

const key = await generateKey();
export const adminUser: User = {
  name: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
};
export const kubelet = (node: string): User => ({
  name: `system:node:${node}`,
  groups: ['system:nodes', 'system:authenticated'],
});

export async function startPolicyServer(
  stages: Partial<StagesOptions> = {},
  options: Partial<TestServerOptions> = {},
): Promise<PolicyServer> {
  const server = await startTestServer({
    clock: realClock,
    ...options,
    stages: createStages({
      serviceAccountKey: key.pem,
      apiServer: { address: '192.0.2.1', port: 6443 },
      staticTokens: { 'admin-token': adminUser, 'jane-token': { name: 'jane', groups: ['devs'] } },
      ...stages,
    }),
  });
  const send = caller(server);
  return {
    server,
    admin: server.client(adminUser),
    as: user => server.client(user),
    call: (method, path, body, token, headers = {}) =>
      send(method, path, body, { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Tries again for as long as informers may take to hear of a write. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let i = 0; ; i++) {
    try {
      return await attempt();
    } catch (error) {
      if (i === 100) throw error;
      await new Promise(resolve => realClock.timer(20, () => resolve(undefined)));
    }
  }
}
