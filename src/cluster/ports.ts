// Listening sockets in the host's network namespace, opened by the command and inherited by the process inside the cluster's.
import { closeSync, openSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { UserError } from './errors.ts';

/** A descriptor that a process of the cluster inherits. */
export interface HostSocket {
  /** File descriptor to pass on; valid until `close`. */
  fd: number;
  port: number;
  close(): void;
}

/** Opens 127.0.0.1:`port`; 0 takes any free one. `purpose` and `flag` make the message when it is taken. */
export async function openHostSocket(port: number, purpose: string, flag: string): Promise<HostSocket> {
  const server: Server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        reject(
          new UserError(
            `port ${port} on 127.0.0.1 is in use (wanted for ${purpose}): choose another with ${flag}`,
          ),
        );
      } else if (error.code === 'EACCES') {
        reject(
          new UserError(
            `port ${port} on 127.0.0.1 needs rights that this user lacks: choose one above 1023 with ${flag}`,
          ),
        );
      } else reject(error);
    });
    server.listen({ host: '127.0.0.1', port, backlog: 4096 }, resolve);
  });
  // Node.js gives no public way to the descriptor of a listening socket; libuv's handle has had it from the start.
  const fd = (server as Server & { _handle: { fd: number } })._handle.fd;
  const address = server.address();
  return {
    fd,
    port: typeof address === 'object' && address ? address.port : port,
    close: () => server.close(),
  };
}

/** The host's network namespace as a descriptor to pass on: whoever has it can make connections there. */
export function openHostNetwork(): HostSocket {
  const fd = openSync('/proc/self/ns/net', 'r');
  return { fd, port: 0, close: () => closeSync(fd) };
}

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65535;

/** `8080:30080` as of `--publish`. */
export function parsePublish(text: string): { hostPort: number; nodePort: number } {
  const match = /^(\d+):(\d+)$/.exec(text);
  const [hostPort, nodePort] = match ? [Number(match[1]), Number(match[2])] : [0, 0];
  if (!isPort(hostPort) || !isPort(nodePort)) {
    throw new UserError(`--publish takes HOSTPORT:NODEPORT, two port numbers, and not "${text}"`);
  }
  return { hostPort, nodePort };
}
