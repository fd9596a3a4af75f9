// Runs inside a client's namespace and takes one JSON request a line: { protocol, host, port, count, hold?, timeoutMs }.
// Answers each with one line: { answers: { "POD FROM": n, "refused": n, "timeout": n }, slowestMs }.
// `hold` keeps the first connection open under that name; { again: name } asks it once more.
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { ProbeRequest } from './world.ts';

const held = new Map<string, Socket>();

const words: Record<string, string> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};
const wordOf = (error: unknown): string => {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return words[code] ?? code;
};

const line = (socket: Socket, timeoutMs: number): Promise<string> =>
  new Promise(resolve => {
    const done = (answer: string): void => {
      clearTimeout(timer);
      socket.off('data', data).off('error', fail).off('close', close);
      resolve(answer);
    };
    const data = (chunk: Buffer): void => done(chunk.toString().trim());
    const fail = (error: Error): void => done(wordOf(error));
    const close = (): void => done('closed');
    const timer = setTimeout(() => done('timeout'), timeoutMs);
    socket.on('data', data).on('error', fail).on('close', close);
  });

async function tcp({ host, port, timeoutMs, hold }: ProbeRequest): Promise<string> {
  const socket = connect({ host, port, noDelay: true });
  const answer = await line(socket, timeoutMs);
  socket.on('error', () => {});
  if (hold) held.set(hold, socket);
  else socket.resetAndDestroy();
  return answer;
}

const udp = ({ host, port, timeoutMs, sourcePort }: ProbeRequest): Promise<string> =>
  new Promise(resolve => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const done = (answer: string): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => done('timeout'), timeoutMs);
    socket.on('message', message => done(message.toString().trim()));
    socket.on('error', error => done(wordOf(error)));
    // Only a connected socket hears of ICMP errors.
    socket.bind(sourcePort ?? 0, () => socket.connect(port, host, () => socket.send('?')));
  });

async function probe(request: ProbeRequest): Promise<unknown> {
  const answers: Record<string, number> = {};
  let slowestMs = 0;
  let left = request.count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const started = performance.now();
      const answer = await (request.protocol === 'udp' ? udp(request) : tcp(request));
      slowestMs = Math.max(slowestMs, performance.now() - started);
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: Math.min(16, request.count) }, worker));
  return { answers, slowestMs };
}

for await (const text of createInterface({ input: process.stdin })) {
  const request = JSON.parse(text) as ProbeRequest & { again?: string };
  const socket = request.again ? held.get(request.again) : undefined;
  if (socket) {
    const answer = line(socket, request.timeoutMs);
    socket.write('?\n');
    process.stdout.write(`${JSON.stringify({ answers: { [await answer]: 1 }, slowestMs: 0 })}\n`);
  } else process.stdout.write(`${JSON.stringify(await probe(request))}\n`);
}
process.exit();
