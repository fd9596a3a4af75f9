// Node ports of a Service in one write: what is newly taken, and what is given back once the write has succeeded.
import type { V1Service } from '../../api/generated/types.ts';
import { internalError } from '../../machinery/status-errors.ts';
import { invalidField, invalidService } from './families.ts';
import type { PortPool } from './port-pool.ts';
import { mayHaveNodePort, needsHealthCheck, needsNodePort } from './service-fields.ts';

export interface PortChanges {
  taken: number[];
  given: number[];
}

export const portsOf = ({ spec }: V1Service): number[] =>
  [...(spec?.ports ?? []).map(port => port.nodePort ?? 0), spec?.healthCheckNodePort ?? 0].filter(
    port => port !== 0,
  );

function takeOne(pool: PortPool, port: number): string | undefined {
  if (!pool.contains(port))
    return `provided port is not in the valid range. The range of valid ports is ${pool.range.first}-${pool.range.last}`;
  return pool.take(port) ? undefined : 'provided port is already allocated';
}

/** Fills in node ports and takes them from the pool. On a throw nothing stays taken. */
export function takePorts(pool: PortPool, service: V1Service, old: V1Service | undefined): PortChanges {
  const spec = service.spec!;
  const before = new Set(old ? portsOf(old) : []);
  const taken: number[] = [];
  /** Explicit and former ports by service port number: TCP and UDP of one number share a node port. */
  const shared = new Map<number, number>();
  const mine = (port: number): boolean => before.has(port) || taken.includes(port);
  try {
    if (mayHaveNodePort(spec)) {
      for (const [i, port] of (spec.ports ?? []).entries()) {
        if (!port.nodePort) continue;
        if (!mine(port.nodePort)) {
          const refused = takeOne(pool, port.nodePort);
          if (refused)
            throw invalidService(service, [
              invalidField(`spec.ports[${i}].nodePort`, port.nodePort, refused),
            ]);
          taken.push(port.nodePort);
        }
        if (!shared.has(port.port)) shared.set(port.port, port.nodePort);
      }
    }
    if (needsNodePort(spec)) {
      for (const port of spec.ports ?? []) {
        if (port.nodePort) continue;
        const same = old ? undefined : shared.get(port.port);
        const number = same ?? pool.takeAny();
        if (number === undefined) throw internalError('failed to allocate a nodePort: range is full');
        if (same === undefined) taken.push(number);
        port.nodePort = number;
        if (!shared.has(port.port)) shared.set(port.port, number);
      }
    }
    if (needsHealthCheck(spec)) takeHealthCheck(pool, service, mine, taken);
  } catch (error) {
    for (const port of taken) pool.release(port);
    throw error;
  }
  const now = new Set(portsOf(service));
  return { taken, given: [...before].filter(port => !now.has(port)) };
}

function takeHealthCheck(
  pool: PortPool,
  service: V1Service,
  mine: (port: number) => boolean,
  taken: number[],
): void {
  const spec = service.spec!;
  const asked = spec.healthCheckNodePort;
  if (asked && mine(asked)) return;
  if (asked) {
    const refused = takeOne(pool, asked);
    if (refused)
      throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${refused}`);
    taken.push(asked);
    return;
  }
  const number = pool.takeAny();
  if (number === undefined) throw internalError('failed to allocate a HealthCheck NodePort 0: range is full');
  taken.push(number);
  spec.healthCheckNodePort = number;
}
