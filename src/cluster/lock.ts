import { createServer } from 'node:net';
import { UserError } from './errors.ts';

/**
 * One command at a time changes a cluster. The lock is a socket in Linux' abstract namespace: the kernel takes it away
 * with the process, however that ends. Throws UserError when another command holds it.
 */
export async function lockCluster(
  name: string,
  uid: number = process.getuid?.() ?? 0,
): Promise<AsyncDisposable> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new UserError(
              `another tsukube command is changing the cluster "${name}" right now: wait for it to end`,
            )
          : error,
      ),
    );
    server.listen(`\0tsukube-${uid}-${name}`, resolve);
  });
  server.unref();
  return { [Symbol.asyncDispose]: () => new Promise<void>(resolve => server.close(() => resolve())) };
}
