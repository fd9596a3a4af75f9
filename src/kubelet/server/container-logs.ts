import { access } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StatusError } from '../../machinery/status-error.ts';
import { badRequest, notFound } from '../../machinery/status-errors.ts';
import type { Core } from '../pods/core.ts';
import type { Pods } from '../pods/pods.ts';
import type { ContainerStatus } from '../runtime.ts';
import { findContainer } from '../spec.ts';
import { type LogOptions, readLog } from './logs.ts';

const isTrue = (value: string | null): boolean =>
  value !== null && value !== '' && value !== 'false' && value !== '0';

function whole(query: URLSearchParams, name: string, minimum: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < minimum)
    throw new StatusError(
      'Invalid',
      `${name} must be ${minimum > 0 ? 'greater than 0' : 'greater than or equal to 0'}`,
    );
  return value;
}

export function logOptions(query: URLSearchParams, now: number): LogOptions & { previous: boolean } {
  const sinceSeconds = whole(query, 'sinceSeconds', 1);
  const sinceTime = query.get('sinceTime');
  const stream = query.get('stream') || 'All';
  if (stream !== 'All' && stream !== 'Stdout' && stream !== 'Stderr')
    throw badRequest(`Unsupported value: "${stream}": supported values: "All", "Stderr", "Stdout"`);
  const since =
    sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined;
  return {
    follow: isTrue(query.get('follow')),
    timestamps: isTrue(query.get('timestamps')),
    previous: isTrue(query.get('previous')),
    tailLines: whole(query, 'tailLines', 0),
    limitBytes: whole(query, 'limitBytes', 1),
    since,
    stream,
  };
}

/** The run of a container whose log is wanted; throws StatusErrors with upstream's messages. */
function runOf(
  workers: Pods,
  namespace: string,
  podName: string,
  name: string,
  previous: boolean,
): ContainerStatus {
  const worker = workers.find(namespace, podName);
  if (!worker) throw notFound({ group: '', resource: 'pods' }, podName);
  if (!findContainer(worker.pod, name)) throw badRequest(`container ${name} is not valid for pod ${podName}`);
  const runs = worker.state.containers.filter(status => status.name === name && status.state !== 'created');
  if (previous) {
    const earlier = runs[0]?.state === 'exited' && worker.stage === 'running' ? runs[0] : runs[1];
    if (!earlier) throw badRequest(`previous terminated container "${name}" in pod "${podName}" not found`);
    return runs[1] ?? earlier;
  }
  const [latest] = runs;
  if (latest) return latest;
  const status = worker.reported(name);
  const reason = status?.state?.waiting?.reason;
  const why =
    reason === 'ErrImagePull' || reason === 'ImagePullBackOff'
      ? `trying and failing to pull image`
      : (reason ?? 'ContainerCreating');
  throw badRequest(`container "${name}" in pod "${podName}" is waiting to start: ${why}`);
}

/** GET /containerLogs/NAMESPACE/POD/CONTAINER. */
export async function serveContainerLogs(
  core: Core,
  workers: Pods,
  [namespace = '', pod = '', container = '']: string[],
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { clock } = core.context;
  const options = logOptions(query, clock.now());
  const run = runOf(workers, namespace, pod, container, options.previous);
  const uid = workers.find(namespace, pod)!.uid;
  await access(run.logPath).catch(() => {
    throw new StatusError(
      'InternalError',
      `unable to retrieve container logs for ${core.runtimeName}://${run.id}`,
    );
  });
  const abort = new AbortController();
  request.on('close', () => abort.abort());
  response.on('close', () => abort.abort());
  response.writeHead(200, { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
  response.flushHeaders();
  const running = (): boolean =>
    workers.get(uid)?.state.containers.some(({ id, state }) => id === run.id && state === 'running') ?? false;
  for await (const chunk of readLog({ path: run.logPath, clock, running, signal: abort.signal }, options)) {
    if (response.write(chunk)) continue;
    await new Promise(resolve => {
      response.once('drain', resolve);
      response.once('close', resolve);
    });
  }
  response.end();
}
