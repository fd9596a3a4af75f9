// One query to one upstream resolver. Every query has a socket, and so a port, of its own: replies are hard to forge.
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '../machinery/clock.ts';
import type { Exchange } from './forward.ts';
import { FrameReader, frame } from './frames.ts';
import type { Upstream } from './resolv-conf.ts';
import { openUdp } from './udp.node.ts';
import { isReply, skipName } from './wire.ts';

const udpMs = 2000;
const tcpMs = 4000;

const sameLetter = (a: number, b: number): boolean =>
  a === b || ((a ^ b) === 0x20 && (a | 0x20) >= 0x61 && (a | 0x20) <= 0x7a);

/** Same id, same question (in letters of any case): what is forged has to guess both, and the port. */
function isReplyTo(packet: Uint8Array, reply: Uint8Array): boolean {
  const end = skipName(packet, 12) + 4;
  if (reply.length < end || reply[0] !== packet[0] || reply[1] !== packet[1] || !isReply(reply)) return false;
  for (let i = 12; i < end; i++) if (!sameLetter(packet[i]!, reply[i]!)) return false;
  return true;
}

function overUdp(clock: Clock, { address, port }: Upstream, packet: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = openUdp(isIPv6(address));
    const end = (settle: () => void): void => {
      timer.cancel();
      socket.close();
      settle();
    };
    const timer = clock.timer(udpMs, () => end(() => reject(new Error('no reply in time'))));
    socket.once('error', error => end(() => reject(error)));
    socket.on('message', reply => {
      if (isReplyTo(packet, reply)) end(() => resolve(reply));
    });
    socket.connect(port, address, () => socket.send(packet));
  });
}

function overTcp(clock: Clock, { address, port }: Upstream, packet: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    const reader = new FrameReader();
    const end = (settle: () => void): void => {
      timer.cancel();
      socket.destroy();
      settle();
    };
    const timer = clock.timer(tcpMs, () => end(() => reject(new Error('no reply in time'))));
    socket.once('error', error => end(() => reject(error)));
    socket.once('close', () => end(() => reject(new Error('the connection was closed'))));
    socket.on('data', chunk => {
      for (const reply of reader.push(chunk)) if (isReplyTo(packet, reply)) end(() => resolve(reply));
    });
    socket.write(frame(packet));
  });
}

/** Over the network. */
export const networkExchange =
  (clock: Clock): Exchange =>
  (upstream, packet, transport) =>
    transport === 'udp' ? overUdp(clock, upstream, packet) : overTcp(clock, upstream, packet);
