// Probes and lifecycle handlers (upstream validateProbe, validateHandler).
import type { V1HTTPGetAction, V1Lifecycle, V1Probe } from '../../generated/types.ts';
import type { Causes } from '../causes.ts';
import { portName, portNumber } from '../formats.ts';

export function checkPortReference(causes: Causes, port: number | string | undefined, field: string): void {
  if (typeof port === 'string') causes.each(field, port, portName(port));
  else causes.each(field, port ?? 0, portNumber(port ?? 0));
}

function checkHttp(causes: Causes, http: V1HTTPGetAction, field: string): void {
  if (!http.path) causes.required(`${field}.path`);
  checkPortReference(causes, http.port, `${field}.port`);
  causes.oneOf(`${field}.scheme`, http.scheme, ['HTTP', 'HTTPS']);
  for (const header of http.httpHeaders ?? [])
    if (!/^[-A-Za-z0-9_]+$/.test(header.name))
      causes.invalid(
        `${field}.httpHeaders`,
        header.name,
        "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
      );
}

type Handler = Pick<V1Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & { sleep?: { seconds: number } };

function checkHandler(causes: Causes, handler: Handler, field: string, grace: number | undefined): void {
  let found = 0;
  const claim = (name: string): boolean => {
    if (found++ > 0) causes.forbidden(`${field}.${name}`, 'may not specify more than 1 handler type');
    return found === 1;
  };
  if (handler.exec && claim('exec') && (handler.exec.command ?? []).length === 0)
    causes.required(`${field}.exec.command`);
  if (handler.httpGet && claim('httpGet')) checkHttp(causes, handler.httpGet, `${field}.httpGet`);
  if (handler.tcpSocket && claim('tcpSocket'))
    checkPortReference(causes, handler.tcpSocket.port, `${field}.tcpSocket.port`);
  if (handler.grpc && claim('grpc'))
    causes.each(`${field}.grpc.port`, handler.grpc.port, portNumber(handler.grpc.port));
  if (handler.sleep && claim('sleep')) {
    const most = grace ?? 0;
    if (handler.sleep.seconds < 0 || handler.sleep.seconds > most)
      causes.invalid(
        `${field}.sleep`,
        handler.sleep.seconds,
        `must be non-negative and less than terminationGracePeriodSeconds (${most})`,
      );
  }
  if (found === 0) causes.required(field, 'must specify a handler type');
}

const counts = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

/** `once`: liveness and startup probes succeed with one success. */
export function checkProbe(causes: Causes, probe: V1Probe | undefined, field: string, once: boolean): void {
  if (!probe) return;
  checkHandler(causes, probe, field, undefined);
  for (const name of counts) causes.nonNegative(`${field}.${name}`, probe[name]);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0)
    causes.invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0');
  if (once && probe.successThreshold !== undefined && probe.successThreshold !== 1)
    causes.invalid(`${field}.successThreshold`, probe.successThreshold, 'must be 1');
  if (!once && grace !== undefined)
    causes.invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes');
}

export function checkLifecycle(
  causes: Causes,
  lifecycle: V1Lifecycle | undefined,
  field: string,
  grace: number | undefined,
): void {
  if (lifecycle?.postStart) checkHandler(causes, lifecycle.postStart as Handler, `${field}.postStart`, grace);
  if (lifecycle?.preStop) checkHandler(causes, lifecycle.preStop as Handler, `${field}.preStop`, grace);
}
