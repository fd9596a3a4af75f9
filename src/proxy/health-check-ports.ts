// healthCheckNodePort: a balancer asks each node on this port whether it has endpoints (upstream: pkg/proxy/healthcheck/service_health.go).
import { splitKey } from '../machinery/object.ts';
import type { HealthCheck } from './model/types.ts';

export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What the port of `check` answers now. */
export function healthAnswer(check: HealthCheck, proxyHealthy: boolean): HealthAnswer {
  const { namespace, name } = splitKey(check.service);
  return {
    status: check.localEndpoints > 0 && proxyHealthy ? 200 : 503,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(check.localEndpoints),
    },
    body: `${JSON.stringify(
      {
        service: { namespace, name },
        localEndpoints: check.localEndpoints,
        serviceProxyHealthy: proxyHealthy,
      },
      null,
      '\t',
    )}\n`,
  };
}

/** Opens a port; `answer` is asked at each request. Rejects when the port is in use. Real: health-check-ports.node.ts. */
export type OpenHealthPort = (port: number, answer: () => HealthAnswer) => Promise<AsyncDisposable>;

/** Keeps exactly the wanted ports open. */
export class HealthCheckPorts implements AsyncDisposable {
  readonly #open: OpenHealthPort;
  readonly #proxyHealthy: () => boolean;
  readonly #failed: (check: HealthCheck, error: unknown) => void;
  #checks = new Map<string, HealthCheck>();
  #servers = new Map<string, { port: number; server: AsyncDisposable }>();

  constructor(
    open: OpenHealthPort,
    proxyHealthy: () => boolean,
    failed: (check: HealthCheck, error: unknown) => void,
  ) {
    this.#open = open;
    this.#proxyHealthy = proxyHealthy;
    this.#failed = failed;
  }

  /** Takes one service's wish; undefined closes its port. A port that cannot be opened is reported and tried again at the next change. */
  async set(service: string, check: HealthCheck | undefined): Promise<void> {
    if (check) this.#checks.set(service, check);
    else this.#checks.delete(service);
    const running = this.#servers.get(service);
    if (running && running.port !== check?.port) {
      this.#servers.delete(service);
      await running.server[Symbol.asyncDispose]();
    }
    if (!check || this.#servers.has(service)) return;
    try {
      const server = await this.#open(check.port, () =>
        healthAnswer(this.#checks.get(service) ?? { ...check, localEndpoints: 0 }, this.#proxyHealthy()),
      );
      this.#servers.set(service, { port: check.port, server });
    } catch (error) {
      this.#failed(check, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const servers = [...this.#servers.values()];
    this.#servers.clear();
    await Promise.all(servers.map(({ server }) => server[Symbol.asyncDispose]()));
  }
}
