// Rates of the API server's core over the memory store: `node bench/apiserver.ts [--runs 5] [--objects 5000]`.
// "objects" is the in-process client, "HTTP" the door without a socket, "TLS" one client over HTTP/2 on loopback.
import { configmaps, pods } from '../src/api/generated/resources/core.v1.ts';
import type { V1Pod } from '../src/api/generated/types.ts';
import type { HttpRequest } from '../src/apiserver/http/exchange.ts';
import { startHttpServer } from '../src/apiserver/http.node.ts';
import { anyone } from '../src/apiserver/permissive.ts';
import { startTestServer } from '../src/apiserver/testing.ts';
import type { Client } from '../src/client/client.ts';
import { createHttpClient } from '../src/client/http-client.node.ts';
import { selfSigned } from '../src/client/self-signed.node.ts';
import { silentLogger } from '../src/machinery/logger.ts';
import { realClock } from '../src/platform/clock.ts';
import { realRandom } from '../src/platform/random.ts';
import { option, printFigure, printMachine } from './lib/report.ts';

const runs = option('runs', 5);
const objects = option('objects', 5000);
const inFlight = 32;

const pod = (i: number): V1Pod => ({
  metadata: { name: `pod-${i}`, namespace: `ns-${i % 20}`, labels: { app: `app-${i % 100}` } },
  spec: {
    containers: [
      {
        name: 'c',
        image: 'example.test/app:1',
        ports: [{ containerPort: 8080 }],
        resources: { requests: { cpu: '100m', memory: '64Mi' } },
        env: [{ name: 'MODE', value: 'bench' }],
      },
    ],
  },
});

/** Runs `work` for 0 … count-1 with a few under way at once; answers how many a second. */
async function rate(
  count: number,
  work: (i: number) => Promise<unknown>,
  atOnce = inFlight,
): Promise<number> {
  let next = 0;
  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return count / ((performance.now() - began) / 1000);
}

const figures = new Map<string, { unit: string; values: number[] }>();
function note(name: string, unit: string, value: number): void {
  const figure = figures.get(name) ?? { unit, values: [] };
  figure.values.push(value);
  figures.set(name, figure);
}

async function measureClient(label: string, client: Client): Promise<void> {
  note(`${label}: create pod`, '/s', await rate(objects, i => client.create(pods, pod(i))));
  note(`${label}: get pod`, '/s', await rate(objects, i => client.get(pods, `pod-${i}`, `ns-${i % 20}`)));
  const body = { metadata: { annotations: { touched: 'yes' } } };
  note(
    `${label}: merge patch pod`,
    '/s',
    await rate(objects, i => client.patch(pods, `pod-${i}`, `ns-${i % 20}`, { type: 'merge', body })),
  );
  const lists = 20;
  note(`${label}: list ${objects} pods`, '/s', await rate(lists, () => client.list(pods), 2));
}

/** Events delivered a second to many watches of one resource. */
async function measureWatches(
  label: string,
  client: Client,
  watchers: number,
  events: number,
): Promise<void> {
  const stop = new AbortController();
  let seen = 0;
  let done: () => void = () => {};
  const finished = new Promise<void>(resolve => {
    done = resolve;
  });
  const { metadata } = await client.list(configmaps);
  const { resourceVersion } = metadata;
  const following = Array.from({ length: watchers }, async () => {
    for await (const _ of client.watch(configmaps, { resourceVersion, signal: stop.signal })) {
      if (++seen === watchers * events) done();
    }
  });
  const began = performance.now();
  await rate(events, i =>
    client.create(configmaps, {
      metadata: { name: `w-${i}`, namespace: 'default' },
      data: { k: 'v'.repeat(500) },
    }),
  );
  await finished;
  note(
    `${label}: events to ${watchers} watches`,
    '/s',
    (watchers * events) / ((performance.now() - began) / 1000),
  );
  stop.abort();
  await Promise.all(following);
}

printMachine();
for (let run = 0; run < runs; run++) {
  {
    await using server = await startTestServer({ clock: realClock, random: realRandom });
    const client = server.client(anyone);
    await measureClient('objects', client);
    await measureWatches('objects', client, 100, 1000);
    const request = (url: string): HttpRequest => ({
      method: 'GET',
      url,
      header: () => undefined,
      body: async () => new Uint8Array(0),
      credentials: {},
      signal: new AbortController().signal,
    });
    const path = (i: number): string => `/api/v1/namespaces/ns-${i % 20}/pods/pod-${i}`;
    note('HTTP: get pod', '/s', await rate(objects, i => server.handle(request(path(i)))));
    const began = performance.now();
    let bytes = 0;
    for (let i = 0; i < 20; i++) {
      const { body } = await server.handle(request('/api/v1/pods'));
      if (body.type === 'bytes') bytes += body.bytes.length;
    }
    note('HTTP: list, put together', 'MB/s', bytes / 1e6 / ((performance.now() - began) / 1000));
  }
  {
    await using server = await startTestServer({ clock: realClock, random: realRandom });
    const { cert, key } = await selfSigned();
    await using http = await startHttpServer({
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
    await measureClient('TLS', client);
    await measureWatches('TLS', client, 20, 500);
    client.close();
  }
}
for (const [name, { unit, values }] of figures) printFigure(name, values, unit);
