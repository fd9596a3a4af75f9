// Queries that are not the cluster's go to upstream resolvers: as they came, so that every type passes through.
import type { Clock } from '../machinery/clock.ts';
import type { Logger } from '../machinery/logger.ts';
import { type Random, randomInt } from '../machinery/random.ts';
import type { Query } from './message.ts';
import type { DnsMetrics } from './metrics.ts';
import { ReplyCache } from './reply-cache.ts';
import type { Upstream } from './resolv-conf.ts';
import { copyOf, idOf, isReply, isTruncated, rcodeOf } from './wire.ts';

/** Sends a packet and resolves with the reply to it; rejects when none comes in time. */
export type Exchange = (
  upstream: Upstream,
  packet: Uint8Array,
  transport: 'udp' | 'tcp',
) => Promise<Uint8Array>;

export interface ForwardOptions {
  upstreams: readonly Upstream[];
  exchange: Exchange;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: DnsMetrics;
}

export interface Forwarder {
  /** The upstream's reply with the client's id and question; undefined where none could be had. */
  resolve(request: Uint8Array, query: Query): Promise<Uint8Array | undefined>;
  /** To be asked for every query that comes in: true for our own, come back through an upstream that forwards to us. */
  isLoop(query: Query): boolean;
}

/** coredns' default. */
const cachedReplies = 9984;
/** As `max_concurrent` in the Corefile that kubeadm writes. */
const mostConcurrent = 1000;
const hinfo = 13;

function keyOf({ question, edns, checkingDisabled }: Query): string {
  const flags = `${edns ? (edns.dnssec ? 'd' : 'e') : ''}${checkingDisabled ? 'c' : ''}`;
  return `${question.type}/${question.class}/${flags}/${question.name}`;
}

/** Gives a reply the id and the very letters of the client's question. */
function readdress(reply: Uint8Array, request: Uint8Array, query: Query): Uint8Array {
  reply.set(request.subarray(0, 2));
  reply.set(request.subarray(12, query.questionEnd), 12);
  return reply;
}

/** A query for a name that nobody else asks for. */
function probePacket(random: Random, label: string): Uint8Array {
  const labels = [label, 'tsukube-loop', 'invalid'];
  const bytes = [randomInt(random, 256), randomInt(random, 256), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const each of labels) bytes.push(each.length, ...new TextEncoder().encode(each));
  bytes.push(0, 0, hinfo, 0, 1);
  return Uint8Array.from(bytes);
}

export function createForwarder(options: ForwardOptions): Forwarder {
  const { exchange, clock, random, logger, metrics } = options;
  const cache = new ReplyCache(cachedReplies);
  const inFlight = new Map<string, Promise<Uint8Array | undefined>>();
  const looping = new Set<Upstream>();
  const probes = new Map<string, Upstream>();
  let preferred = 0;
  let probed = false;

  /** Once, before the first query is forwarded: does any upstream send our queries back to us? */
  const probe = (): void => {
    probed = true;
    for (const upstream of options.upstreams) {
      const label = Array.from(random.bytes(12), byte => (byte % 36).toString(36)).join('');
      probes.set(`${label}.tsukube-loop.invalid`, upstream);
      exchange(upstream, probePacket(random, label), 'udp').catch(() => undefined);
    }
  };

  const ask = async (upstream: Upstream, packet: Uint8Array): Promise<Uint8Array> => {
    const started = clock.monotonic();
    let reply = await exchange(upstream, packet, 'udp');
    if (isTruncated(reply)) reply = await exchange(upstream, packet, 'tcp');
    if (idOf(reply) !== idOf(packet) || !isReply(reply)) throw new Error('the reply is to another query');
    metrics.forwarded(upstream, rcodeOf(reply), (clock.monotonic() - started) / 1000);
    return reply;
  };

  const tryAll = async (request: Uint8Array): Promise<Uint8Array | undefined> => {
    const usable = options.upstreams.filter(upstream => !looping.has(upstream));
    for (let i = 0; i < usable.length; i++) {
      const at = (preferred + i) % usable.length;
      const upstream = usable[at]!;
      const packet = copyOf(request);
      packet[0] = randomInt(random, 256);
      packet[1] = randomInt(random, 256);
      try {
        const reply = await ask(upstream, packet);
        preferred = at;
        return reply;
      } catch (error) {
        logger.debug('an upstream resolver did not answer', { upstream: upstream.address, error });
      }
    }
    return undefined;
  };

  const fetch = (key: string, request: Uint8Array): Promise<Uint8Array | undefined> => {
    // Queries that are the same wait for one reply; also one of ours that came back waits here, and is sent no more.
    const waiting = inFlight.get(key);
    if (waiting) return waiting;
    const made = tryAll(request).finally(() => inFlight.delete(key));
    inFlight.set(key, made);
    return made;
  };

  return {
    async resolve(request, query) {
      if (options.upstreams.length === 0) return undefined;
      const key = keyOf(query);
      const known = cache.get(key, clock.monotonic());
      metrics.cached(known !== undefined, cache.size);
      if (known) return readdress(known, request, query);
      if (inFlight.size >= mostConcurrent && !inFlight.has(key)) {
        metrics.rejected();
        return undefined;
      }
      if (!probed) probe();
      const reply = await fetch(key, request);
      if (!reply || reply.length < query.questionEnd) return undefined;
      cache.set(key, reply, clock.monotonic());
      return readdress(copyOf(reply), request, query);
    },
    isLoop({ question }) {
      const upstream = question.type === hinfo ? probes.get(question.name) : undefined;
      if (!upstream) return false;
      if (!looping.has(upstream))
        logger.error('an upstream resolver sends queries back here and is used no more', {
          upstream: upstream.address,
        });
      looping.add(upstream);
      return true;
    },
  };
}
