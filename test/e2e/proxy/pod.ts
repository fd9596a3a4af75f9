// Runs inside a pod's namespace: `node pod.ts NAME tcp|udp:PORT…`. Says on every port who it is and whom it sees: `NAME ADDRESS\n`.
// A TCP connection lives on and answers each line again.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [name, ...ports] = process.argv.slice(2);
const plain = (address: string): string => address.replace(/^::ffff:/, '');
const open = ports.map(async text => {
  const [protocol, port] = text.split(':');
  if (protocol === 'udp') {
    const socket = createSocket('udp6');
    socket.on('message', (_message, { address, port }) => {
      socket.send(`${name} ${plain(address)}\n`, port, address);
    });
    await new Promise<void>(resolve => socket.bind(Number(port), '::', resolve));
    return;
  }
  const server = createServer({ noDelay: true }, socket => {
    const answer = (): void => void socket.write(`${name} ${plain(socket.remoteAddress ?? '')}\n`);
    socket.on('error', () => {});
    socket.on('data', answer);
    answer();
  });
  await new Promise<void>(resolve =>
    server.listen({ port: Number(port), host: '::', backlog: 1024 }, resolve),
  );
});
await Promise.all(open);
process.stdout.write('ready\n');
process.stdin.resume().on('end', () => process.exit());
