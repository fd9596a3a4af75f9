import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { openHostSocket } from './ports.ts';

const echo = (address: string, port = 0): Promise<Server> =>
  new Promise(resolve => {
    const server = createServer({ allowHalfOpen: true }, socket => {
      socket.pipe(socket);
    }).listen(port, address, () => resolve(server));
  });

const talk = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    socket.on('data', chunk => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });

test('a published port carries to a node, to another one if that is gone, and resets if none is left', {
  timeout: 20_000,
}, async t => {
  const first = await echo('127.0.0.2');
  const nodePort = (first.address() as AddressInfo).port;
  const second = await echo('127.0.0.3', nodePort);
  const socket = await openHostSocket(0, 'the test', '--publish');
  const options = { fd: 3, nodePort, addresses: ['127.0.0.2', '127.0.0.3'] };
  const script = `
    import { silentLogger } from '${import.meta.resolve('../machinery/logger.ts')}';
    import { startPublish } from '${import.meta.resolve('./publish.ts')}';
    await startPublish({ ...${JSON.stringify(options)}, logger: silentLogger });
    process.send('listening');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'inherit', 'inherit', socket.fd, 'ipc'],
  });
  t.after(() => child.kill());
  socket.close();
  await once(child, 'message');
  const text = 'x'.repeat(300_000);
  for (let i = 0; i < 4; i++) assert.equal(await talk(socket.port, text), text);
  await new Promise(resolve => first.close(resolve));
  for (let i = 0; i < 4; i++) assert.equal(await talk(socket.port, 'still'), 'still');
  await new Promise(resolve => second.close(resolve));
  await assert.rejects(talk(socket.port, 'nobody'), /ECONNRESET/);
});
