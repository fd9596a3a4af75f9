import { http } from '../platform/http.ts';
import type { OpenHealthPort } from './health-check-ports.ts';

/** Opens health-check ports on one address (`0.0.0.0` and `::` mean all), without keeping the process alive. */
export const openHealthPort =
  (address = '0.0.0.0'): OpenHealthPort =>
  async (port, answer) => {
    const server = http.createServer((_request, response) => {
      const { status, headers, body } = answer();
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.unref();
    return {
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise(resolve => server.close(resolve));
      },
    };
  };
