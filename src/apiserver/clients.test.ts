// The cases that every client must pass, on the in-process client and over TLS with HTTP/2.
import { namespaces, pods } from '../api/generated/resources/core.v1.ts';
import type { V1Binding } from '../api/generated/types.ts';
import { clientCases } from '../client/client-cases.ts';
import { createHttpClient } from '../client/http-client.node.ts';
import { selfSigned } from '../client/self-signed.node.ts';
import { silentLogger } from '../machinery/logger.ts';
import { conflict } from '../machinery/status-errors.ts';
import { realClock } from '../platform/clock.ts';
import type { StagesFactory } from './contracts.ts';
import { startHttpServer } from './http.node.ts';
import { anyone, permissiveStages } from './permissive.ts';
import { startTestServer } from './testing.ts';

/** As much of a binding as the cases look at; the real one is a stage of its own. */
const stages: StagesFactory = context =>
  permissiveStages({
    subresources: [
      {
        group: '',
        resource: 'pods',
        subresource: 'binding',
        async handle({ namespace, name, body }) {
          await context.rewrite(pods, name, namespace, pod => {
            if (pod.spec!.nodeName) throw conflict(pods, name, 'pod is already assigned to node');
            pod.spec!.nodeName = (body as V1Binding).target.name;
            pod.status = { conditions: [{ type: 'PodScheduled', status: 'True' }] };
          });
          return { kind: 'Status', apiVersion: 'v1' };
        },
      },
    ],
  })(context);

async function start() {
  const server = await startTestServer({ clock: realClock, stages });
  await server.client(anyone).create(namespaces, { metadata: { name: 'default' } });
  return server;
}

clientCases('in-process', async () => {
  const server = await start();
  return { client: server.client(anyone), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
});

clientCases('TLS', async () => {
  const server = await start();
  const { cert, key } = await selfSigned();
  const http = await startHttpServer({
    server,
    certificate: cert,
    key,
    clientCa: cert,
    listen: [{ host: '127.0.0.1', port: 0 }],
    logger: silentLogger,
  });
  const client = createHttpClient({
    clock: realClock,
    server: `https://127.0.0.1:${http.ports[0]}`,
    tls: { ca: cert },
  });
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await http[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
});
