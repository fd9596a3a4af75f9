import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { http } from '../../platform/http.ts';
import type { Target, Transport } from './transport.ts';

/** What the server shows to kubelets and how it knows them, in PEM. */
export interface KubeletCredentials {
  certificate: string;
  key: string;
  /** Absent: kubelets' certificates are not verified, as upstream without --kubelet-certificate-authority. */
  ca?: string;
}

export interface NodeTransport extends Transport, Disposable {
  /** A connection for an upgrade, ready to be written to. */
  open(target: Target, signal: AbortSignal): Promise<net.Socket>;
}

const dialTimeout = 10_000;

export function createTransport(kubelet: KubeletCredentials | undefined): NodeTransport {
  const own = kubelet
    ? {
        cert: kubelet.certificate,
        key: kubelet.key,
        ca: kubelet.ca,
        rejectUnauthorized: kubelet.ca !== undefined,
      }
    : { rejectUnauthorized: false };
  const agents = {
    // The certificate is the node's: its name need not be the address that it is reached by.
    kubelet: new https.Agent({ keepAlive: true, ...own, checkServerIdentity: () => undefined }),
    https: new https.Agent({ keepAlive: true, rejectUnauthorized: false }),
    http: new http.Agent({ keepAlive: true }),
  };

  return {
    request: ({ target, method, headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const { request } = target.scheme === 'http' ? http : https;
        const outgoing = request(
          {
            host: target.host,
            port: target.port,
            path: target.path,
            method,
            headers: { ...headers, ...(body ? { 'content-length': body.length } : {}) },
            agent: agents[target.scheme],
            signal,
          },
          incoming => {
            incoming.on('error', () => {});
            resolve({
              status: incoming.statusCode ?? 502,
              headers: incoming.headers as Record<string, string | string[]>,
              body: incoming,
            });
          },
        );
        outgoing.on('error', reject);
        outgoing.end(body);
      }),

    open: (target, signal) =>
      new Promise((resolve, reject) => {
        const { host, port, scheme } = target;
        const secure = scheme !== 'http';
        const socket = secure
          ? tls.connect({
              host,
              port,
              ...(scheme === 'kubelet' ? own : { rejectUnauthorized: false }),
              checkServerIdentity: () => undefined,
            })
          : net.connect({ host, port });
        socket.setNoDelay(true);
        const fail = (error: Error): void => {
          socket.destroy();
          reject(error);
        };
        const aborted = (): void => fail(new Error('the client is gone'));
        socket.setTimeout(dialTimeout, () => fail(new Error('i/o timeout')));
        socket.once('error', fail);
        signal.addEventListener('abort', aborted, { once: true });
        socket.once(secure ? 'secureConnect' : 'connect', () => {
          socket.setTimeout(0);
          socket.off('error', fail);
          signal.removeEventListener('abort', aborted);
          resolve(socket);
        });
      }),

    [Symbol.dispose]() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}
