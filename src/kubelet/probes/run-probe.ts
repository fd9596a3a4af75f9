import type { V1Container, V1HTTPGetAction, V1Probe } from '../../api/generated/types.ts';
import { type Runtime, RuntimeError } from '../runtime.ts';
import type { HttpRequest, ProbeActions, ProbeOutcome } from './actions.ts';

/** A port by number or by name in the container's list; undefined if there is none. */
export function portNumber(container: V1Container, port: number | string | undefined): number | undefined {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port);
  const number = named?.containerPort ?? Number(port);
  return Number.isInteger(number) && number > 0 && number < 65536 ? number : undefined;
}

/** Undefined if the port cannot be found. */
export function httpRequestOf(
  container: V1Container,
  action: V1HTTPGetAction,
  podIP: string,
): HttpRequest | undefined {
  const port = portNumber(container, action.port as number | string);
  if (port === undefined) return undefined;
  const path = action.path ?? '/';
  return {
    scheme: action.scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http',
    host: action.host || podIP,
    port,
    path: path.startsWith('/') ? path : `/${path}`,
    headers: (action.httpHeaders ?? []).map(({ name, value }) => [name, value]),
  };
}

export interface ProbeTarget {
  container: V1Container;
  containerId: string;
  podIP: string;
}

const noPort: ProbeOutcome = { ok: false, output: 'invalid port number' };
const maxOutput = 10 * 1024;

/** One look at a container. Never throws. */
export async function runProbe(
  probe: V1Probe,
  { container, containerId, podIP }: ProbeTarget,
  timeoutSeconds: number,
  runtime: Runtime,
  actions: ProbeActions,
): Promise<ProbeOutcome> {
  const timeoutMs = timeoutSeconds * 1000;
  if (probe.exec) {
    const command = probe.exec.command ?? [];
    try {
      const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, timeoutSeconds);
      const output = (new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr)).slice(
        0,
        maxOutput,
      );
      return { ok: exitCode === 0, output };
    } catch (error) {
      if (error instanceof RuntimeError && error.kind === 'timeout')
        return {
          ok: false,
          output: `command timed out: "${command.join(' ')}" timed out after ${timeoutSeconds}s`,
        };
      return { ok: false, output: (error as Error).message };
    }
  }
  if (probe.httpGet) {
    const request = httpRequestOf(container, probe.httpGet, podIP);
    return request ? actions.http(request, timeoutMs) : noPort;
  }
  if (probe.tcpSocket) {
    const port = portNumber(container, probe.tcpSocket.port as number | string);
    return port === undefined ? noPort : actions.tcp(probe.tcpSocket.host || podIP, port, timeoutMs);
  }
  if (probe.grpc) return actions.grpc(podIP, probe.grpc.port, probe.grpc.service ?? '', timeoutMs);
  return { ok: false, output: `missing probe handler for ${container.name}` };
}
