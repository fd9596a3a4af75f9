import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { silentLogger } from '../../machinery/logger.ts';
import { realClock } from '../../platform/clock.ts';
import type { RuntimeEvent } from '../runtime.ts';
import { type Connection, connect } from './connection.ts';
import { watchEvents } from './events.ts';

const runtimeService = 'runtime.v1.RuntimeService';
const events = 'containerd.services.events.v1';
const root = new protobuf.Root();
for (const file of ['./cri.proto', './events.proto'])
  root.loadSync(fileURLToPath(new URL(file, import.meta.url)), { keepCase: true });

const bytesOf = (type: string, value: object): Buffer => {
  const found = root.lookupType(type);
  return Buffer.from(found.encode(found.fromObject(value)).finish());
};
/** Only fields that were on the wire. */
const written = (type: string, bytes: Buffer): object => root.lookupType(type).decode(bytes).toJSON();

const method = (service: string, name: string, responseStream = false) => ({
  path: `/${service}/${name}`,
  requestStream: false,
  responseStream,
  requestSerialize: (value: Buffer) => value,
  requestDeserialize: (value: Buffer) => value,
  responseSerialize: (value: Buffer) => value,
  responseDeserialize: (value: Buffer) => value,
});

describe('a connection to a runtime', () => {
  let directory: string;
  let server: grpc.Server;
  let connection: Connection;
  let request: Buffer = Buffer.alloc(0);
  let answer: Buffer | Partial<grpc.StatusObject> | 'never' = 'never';
  let onSubscribe: (stream: grpc.ServerWritableStream<Buffer, Buffer>) => void = () => {};

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tsukube-cri-'));
    server = new grpc.Server();
    const names = ['ContainerStatus', 'CreateContainer', 'ExecSync'];
    const answering = (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      request = call.request;
      if (Buffer.isBuffer(answer)) done(null, answer);
      else if (answer !== 'never') done(answer);
    };
    server.addService(
      Object.fromEntries(names.map(name => [name, method(runtimeService, name)])),
      Object.fromEntries(names.map(name => [name, answering])),
    );
    server.addService(
      { Subscribe: method(`${events}.Events`, 'Subscribe', true) },
      { Subscribe: (stream: grpc.ServerWritableStream<Buffer, Buffer>) => onSubscribe(stream) },
    );
    const socket = join(directory, 'runtime.sock');
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), error =>
        error ? reject(error) : resolve(),
      ),
    );
    connection = await connect(socket, realClock);
  });
  after(async () => {
    connection?.close();
    server.forceShutdown();
    await rm(directory, { recursive: true });
  });

  test('a request carries what was given; null is absent', async () => {
    answer = bytesOf('runtime.v1.ContainerId', { container_id: 'made' });
    const config = {
      metadata: { name: 'größe', attempt: 3 },
      command: ['', 'a'],
      labels: { app: 'web', 'a/b': '' },
      mounts: [{ container_path: '/a', propagation: 'PROPAGATION_BIDIRECTIONAL' }],
      linux: {
        resources: { oom_score_adj: -997, memory_limit_in_bytes: 2 ** 40 },
        security_context: {
          run_as_user: { value: 1000 },
          run_as_group: null,
          supplemental_groups: [0, 300],
          seccomp: { profile_type: 'Localhost', localhost_ref: 'x' },
        },
      },
    };
    assert.deepEqual(
      await connection.call(runtimeService, 'CreateContainer', {
        pod_sandbox_id: 'p',
        config,
        sandbox_config: null,
      }),
      { container_id: 'made' },
    );
    const { run_as_group: _, ...context } = config.linux.security_context;
    assert.deepEqual(written('runtime.v1.CreateContainerRequest', request), {
      pod_sandbox_id: 'p',
      config: {
        ...config,
        linux: {
          resources: { oom_score_adj: '-997', memory_limit_in_bytes: String(2 ** 40) },
          security_context: { ...context, run_as_user: { value: '1000' }, supplemental_groups: ['0', '300'] },
        },
      },
    });
  });

  test('an answer has defaults for what is absent, names for enums, and numbers that can be counted with', async () => {
    answer = bytesOf('runtime.v1.ContainerStatusResponse', {
      status: { id: 'c', state: 'CONTAINER_EXITED', started_at: 1_700_000_000_000_000_000, exit_code: 137 },
    });
    assert.deepEqual(await connection.call(runtimeService, 'ContainerStatus', { container_id: 'c' }), {
      status: {
        id: 'c',
        metadata: null,
        state: 'CONTAINER_EXITED',
        created_at: 0,
        started_at: 1_700_000_000_000_000_000,
        finished_at: 0,
        exit_code: 137,
        image: null,
        image_ref: '',
        reason: '',
        message: '',
        labels: {},
        annotations: {},
        mounts: [],
        log_path: '',
      },
    });
    answer = bytesOf('runtime.v1.ExecSyncResponse', { stdout: Buffer.from([0, 255]) });
    assert.deepEqual(await connection.call(runtimeService, 'ExecSync', {}), {
      stdout: Buffer.from([0, 255]),
      stderr: Buffer.alloc(0),
      exit_code: 0,
    });
  });

  test('refusals and timeouts are told as upstream’s kubelet tells them', async () => {
    answer = { code: grpc.status.NOT_FOUND, details: 'no such container: größe' };
    await assert.rejects(connection.call(runtimeService, 'ContainerStatus', {}), {
      name: 'RuntimeError',
      kind: 'not-found',
      message: 'rpc error: code = NotFound desc = no such container: größe',
    });
    answer = 'never';
    await assert.rejects(connection.call(runtimeService, 'ExecSync', {}, 50), {
      kind: 'timeout',
      message: 'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    });
    const elsewhere = await connect(join(directory, 'nobody.sock'), realClock);
    await assert.rejects(elsewhere.call(runtimeService, 'ExecSync', {}), { kind: 'unavailable' });
    elsewhere.close();
    await assert.rejects(elsewhere.call(runtimeService, 'ExecSync', {}), {
      name: 'RuntimeError',
      message: /Canceled/,
    });
  });

  test('a stream ends when it is aborted, and an error of the reader ends it too', async () => {
    onSubscribe = stream => stream.write(bytesOf(`${events}.Envelope`, { topic: '/a' }));
    const abort = new AbortController();
    const topics: string[] = [];
    const listen = (onMessage: (message: { topic: string }) => void): Promise<void> =>
      connection.stream(`${events}.Events`, 'Subscribe', { filters: ['f'] }, onMessage, abort.signal);
    await listen(({ topic }) => {
      topics.push(topic);
      abort.abort();
    });
    assert.deepEqual(topics, ['/a']);
    await listen(() => assert.fail('it was aborted before it began'));
    const fresh = new AbortController();
    const failing = connection.stream(
      `${events}.Events`,
      'Subscribe',
      {},
      () => {
        throw new RangeError('unreadable');
      },
      fresh.signal,
    );
    await assert.rejects(failing, RangeError);
  });

  test('of containerd’s events, ends of containers and their lack of memory come through, and a break', async () => {
    const event = (topic: string, type: string, value: object): Buffer =>
      bytesOf(`${events}.Envelope`, {
        topic,
        namespace: 'k8s.io',
        event: { type_url: `containerd.events.${type}`, value: bytesOf(`${events}.${type}`, value) },
      });
    onSubscribe = stream => {
      assert.deepEqual(written(`${events}.SubscribeRequest`, stream.request), {
        filters: ['topic=="/tasks/exit",namespace==k8s.io', 'topic=="/tasks/oom",namespace==k8s.io'],
      });
      stream.write(event('/tasks/exit', 'TaskExit', { container_id: 'c', id: 'an-exec' }));
      stream.write(event('/tasks/oom', 'TaskOOM', { container_id: 'c' }));
      stream.write(event('/tasks/exit', 'TaskExit', { container_id: 'c', id: 'c' }));
      stream.end();
    };
    const seen: RuntimeEvent[] = [];
    await new Promise<void>(resolve => {
      const stop = watchEvents(connection, realClock, silentLogger, each => {
        seen.push(each);
        if (each.type !== 'lost') return;
        stop();
        resolve();
      });
    });
    assert.deepEqual(seen, [{ type: 'oom', id: 'c' }, { type: 'exit', id: 'c' }, { type: 'lost' }]);
  });
});
