import { connect, type Socket } from 'node:net';

/** A streaming server that did not take the upgrade. */
export class UpgradeError extends Error {
  override readonly name = 'UpgradeError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Upgraded {
  socket: Socket;
  /** What came after the answer's head. */
  rest: Buffer;
  /** Of the answer. */
  protocol: string;
}

const headEnd = '\r\n\r\n';
const maxHeadBytes = 64 * 1024;
const timeoutMs = 30_000;

/** Opens a connection to a runtime's streaming server; it is plain HTTP on the node itself. */
export function dial(url: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || 80 });
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Upgrades to SPDY/3.1 with one of `protocols`, the best first. Throws UpgradeError. */
export async function upgradeToSpdy(address: string, protocols: string[]): Promise<Upgraded> {
  const url = new URL(address);
  const socket = await dial(url);
  const lines = [
    `POST ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Connection: Upgrade',
    'Upgrade: SPDY/3.1',
    'Content-Length: 0',
    ...protocols.map(protocol => `X-Stream-Protocol-Version: ${protocol}`),
  ];
  socket.write(lines.join('\r\n') + headEnd);
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    const onClose = (): void => fail(new UpgradeError(502, 'streaming server closed the connection'));
    const onTimeout = (): void => fail(new UpgradeError(504, 'streaming server did not answer'));
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf(headEnd);
      if (end < 0) {
        if (bytes.length > maxHeadBytes)
          fail(new UpgradeError(502, 'answer of the streaming server is too long'));
        return;
      }
      const [status = '', ...headers] = bytes.toString('latin1', 0, end).split('\r\n');
      const code = Number(status.split(' ')[1]);
      const rest = bytes.subarray(end + headEnd.length);
      if (code !== 101) {
        fail(new UpgradeError(code || 502, rest.toString('utf8').trim() || status));
        return;
      }
      socket.off('data', onData).off('close', onClose).off('error', fail).off('timeout', onTimeout);
      socket.setTimeout(0);
      socket.pause();
      const protocol = headers
        .find(line => /^x-stream-protocol-version:/i.test(line))
        ?.split(':')[1]
        ?.trim();
      resolve({ socket, rest, protocol: protocol ?? '' });
    };
    socket.setTimeout(timeoutMs, onTimeout);
    socket.on('data', onData).on('close', onClose).on('error', fail);
  });
}
