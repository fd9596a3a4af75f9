import type { V1Probe } from '../../api/generated/types.ts';

export interface ProbeOutcome {
  ok: boolean;
  /** What the event tells when it is not. */
  output: string;
}

export interface HttpRequest {
  scheme: 'http' | 'https';
  host: string;
  port: number;
  /** With query. */
  path: string;
  headers: [string, string][];
}

/** Probes over the network, from the node. They never throw. */
export interface ProbeActions {
  http(request: HttpRequest, timeoutMs: number): Promise<ProbeOutcome>;
  tcp(host: string, port: number, timeoutMs: number): Promise<ProbeOutcome>;
  grpc(host: string, port: number, service: string, timeoutMs: number): Promise<ProbeOutcome>;
}

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** As events name it. */
export const probeTitles: Record<ProbeKind, string> = {
  startup: 'Startup',
  liveness: 'Liveness',
  readiness: 'Readiness',
};

/** Milliseconds and counts, with the API's defaults. */
export const probeTiming = (probe: V1Probe) => ({
  initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
  periodMs: (probe.periodSeconds || 10) * 1000,
  timeoutSeconds: probe.timeoutSeconds || 1,
  successThreshold: probe.successThreshold || 1,
  failureThreshold: probe.failureThreshold || 3,
});
