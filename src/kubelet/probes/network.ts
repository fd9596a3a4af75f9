import type { ClientRequest, RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { http } from '../../platform/http.ts';
import { type Grpc, loadGrpc } from '../grpc.ts';
import type { HttpRequest, ProbeActions, ProbeOutcome } from './actions.ts';

const maxRedirects = 10;
const maxBodyBytes = 10 * 1024;
const ok: ProbeOutcome = { ok: true, output: '' };
const failed = (output: string): ProbeOutcome => ({ ok: false, output });

const hostPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

const connectErrors: Record<string, string> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
};

/** An error as Go tells it, for events carry it. */
function errorText(error: NodeJS.ErrnoException, address: string): string {
  const known = connectErrors[error.code ?? ''];
  if (known) return `dial tcp ${address}: ${known}`;
  if (error.code === 'ECONNRESET')
    return error.message === 'socket hang up' ? 'EOF' : `read tcp ${address}: read: connection reset by peer`;
  if (error.code === 'ENOTFOUND') return `dial tcp: lookup ${address.replace(/:\d+$/, '')}: no such host`;
  return error.message;
}

const urlOf = ({ scheme, host, port, path }: HttpRequest): string =>
  `${scheme}://${hostPort(host, port)}${path}`;

async function httpOnce(
  target: HttpRequest,
  signal: AbortSignal,
): Promise<{ status: number; location: string | undefined }> {
  const options: RequestOptions = {
    host: target.host,
    port: target.port,
    path: target.path,
    method: 'GET',
    agent: false,
    signal,
    setHost: false,
    headers: [...defaults(target), ...target.headers.flat(), 'Connection', 'close'],
  };
  const start: (options: RequestOptions) => ClientRequest =
    target.scheme === 'https'
      ? // A container's certificate is its own affair.
        await import('node:https').then(
          https => given => https.request({ ...given, rejectUnauthorized: false }),
        )
      : http.request;
  return new Promise((resolve, reject) => {
    const request = start(options);
    request.on('error', reject);
    request.on('response', response => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBodyBytes) response.destroy();
      });
      response.on('close', () =>
        resolve({ status: response.statusCode ?? 0, location: response.headers.location }),
      );
    });
    request.end();
  });
}

function defaults(target: HttpRequest): string[] {
  const given = new Set(target.headers.map(([name]) => name.toLowerCase()));
  const standard: [string, string][] = [
    ['Host', hostPort(target.host, target.port)],
    ['User-Agent', 'kube-probe/1.36'],
    ['Accept', '*/*'],
  ];
  return standard.filter(([name]) => !given.has(name.toLowerCase())).flat();
}

let health: Promise<Grpc> | undefined;

/** gRPC's health check. */
async function grpcHealth(address: string, service: string, timeoutMs: number): Promise<ProbeOutcome> {
  const deadline = performance.timeOrigin + performance.now() + timeoutMs;
  health ??= loadGrpc(new URL('./health.proto', import.meta.url));
  const { library, method } = await health;
  const { path, serialize, deserialize } = method('grpc.health.v1.Health', 'Check');
  const client = new library.Client(address, library.credentials.createInsecure(), {
    'grpc.primary_user_agent': 'kube-probe/1.36',
  });
  try {
    return await new Promise<ProbeOutcome>(resolve => {
      client.makeUnaryRequest(path, serialize, deserialize, { service }, { deadline }, (error, answer) => {
        if (!error) {
          const { status } = answer as { status: string | number };
          resolve(status === 'SERVING' ? ok : failed(`service unhealthy (responded with "${status}")`));
        } else if (error.code === library.status.UNIMPLEMENTED)
          resolve(
            failed(
              `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`,
            ),
          );
        else if (error.code === library.status.DEADLINE_EXCEEDED || error.code === library.status.UNAVAILABLE)
          resolve(
            failed(
              `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: ${error.details}`,
            ),
          );
        else resolve(failed(`error: health rpc probe failed: ${error.message}`));
      });
    });
  } finally {
    client.close();
  }
}

/** Probes over the machine's own network (upstream: pkg/probe). */
export const networkProbes: ProbeActions = {
  async http(request, timeoutMs) {
    const signal = AbortSignal.timeout(timeoutMs);
    let target = request;
    for (let redirects = 0; ; redirects++) {
      try {
        const { status, location } = await httpOnce(target, signal);
        if (status >= 300 && status < 400 && location && redirects < maxRedirects) {
          const next = new URL(location, urlOf(target));
          // A redirect elsewhere is somebody else's answer: good enough.
          if (next.hostname.replace(/^\[|\]$/g, '') !== request.host) return ok;
          const scheme = next.protocol === 'https:' ? 'https' : 'http';
          const port = Number(next.port) || (scheme === 'https' ? 443 : 80);
          target = { ...target, scheme, port, path: next.pathname + next.search };
          continue;
        }
        if (status >= 200 && status < 400) return ok;
        return failed(`HTTP probe failed with statuscode: ${status}`);
      } catch (error) {
        const address = hostPort(target.host, target.port);
        const text = signal.aborted
          ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
          : errorText(error as NodeJS.ErrnoException, address);
        return failed(`Get "${urlOf(target)}": ${text}`);
      }
    }
  },
  tcp(host, port, timeoutMs) {
    const address = hostPort(host, port);
    return new Promise(resolve => {
      const socket = connect({ host, port, timeout: timeoutMs });
      const end = (outcome: ProbeOutcome): void => {
        socket.destroy();
        resolve(outcome);
      };
      socket.once('connect', () => end(ok));
      socket.once('timeout', () => end(failed(`dial tcp ${address}: i/o timeout`)));
      socket.once('error', error => end(failed(errorText(error, address))));
    });
  },
  grpc: (host, port, service, timeoutMs) => grpcHealth(hostPort(host, port), service, timeoutMs),
};
