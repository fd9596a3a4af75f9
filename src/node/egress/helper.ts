// Runs in the host's network namespace: an HTTP proxy on a unix socket (first argument), ended after a while without use.
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { createProxy } from './proxy.ts';

const idleMs = 60_000;
const path = process.argv[2]!;
rmSync(path, { force: true });
const proxy = createProxy({ connect: (host, port) => connect({ host, port }) });
let open = 0;
let timer: NodeJS.Timeout | undefined;
const idle = (): void => {
  clearTimeout(timer);
  if (open > 0) return;
  timer = setTimeout(() => {
    rmSync(path, { force: true });
    process.exit(0);
  }, idleMs);
};
proxy.on('connection', socket => {
  open++;
  socket.on('close', () => {
    open--;
    idle();
  });
});
proxy.listen(path, idle);
