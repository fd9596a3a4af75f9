// A packet in, a packet out: the whole server but for its sockets.
import type { Clock } from '../machinery/clock.ts';
import type { Logger } from '../machinery/logger.ts';
import { addressChain, queryFor } from './chain.ts';
import type { Forwarder } from './forward.ts';
import type { Answer, Query, ResourceRecord } from './message.ts';
import type { DnsMetrics } from './metrics.ts';
import {
  copyOf,
  isReply,
  opcodeOf,
  rcodeOf,
  readQuery,
  writeError,
  writeHeaderOnly,
  writeReply,
  writeTruncated,
} from './wire.ts';
import { answerFromZone, isInZone, negative, type Zone } from './zone.ts';

export interface Transport {
  protocol: 'udp' | 'tcp';
  ipv6: boolean;
}

/** At once where the answer is known, later where an upstream has to be asked; undefined for what deserves no reply. */
export type Handler = (
  request: Uint8Array,
  transport: Transport,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

export interface ServerOptions {
  zone: Zone;
  forwarder: Forwarder;
  clock: Clock;
  logger: Logger;
  metrics: DnsMetrics;
}

const headerSize = 12;
const classIn = 1;
/** As upstream: an alias of an alias of … is followed this far. */
const longestChain = 10;
const largestUdp = 4096;
const knownReplies = 4096;
const longestKnown = 300;

const latin1 = new TextDecoder('latin1');

function limitOf(query: Query, { protocol }: Transport): number {
  if (protocol === 'tcp') return 65535;
  return Math.max(512, Math.min(query.edns?.size ?? 512, largestUdp));
}

/**
 * Replies that do not depend on anything but the cluster's records are kept as bytes, until a record changes:
 * the same question again costs a copy.
 */
class KnownReplies {
  readonly #replies = new Map<string, Uint8Array>();
  #generation = -1;

  get(key: string, generation: number): Uint8Array | undefined {
    if (generation !== this.#generation) {
      this.#replies.clear();
      this.#generation = generation;
    }
    return this.#replies.get(key);
  }
  set(key: string, reply: Uint8Array): void {
    if (this.#replies.size >= knownReplies) this.#replies.clear();
    this.#replies.set(key, reply);
  }
}

export function createHandler({ zone, forwarder, clock, logger, metrics }: ServerOptions): Handler {
  const known = new KnownReplies();
  let turn = 0;

  /** Every reply starts the list of addresses with another one. */
  const rotate = (answer: Answer): Answer => {
    const { answers } = answer;
    if (!answer.variable || answers.length < 2) return answer;
    const first = turn++ % answers.length;
    return { ...answer, answers: [...answers.slice(first), ...answers.slice(0, first)] };
  };

  const follow = async (chain: ResourceRecord[], target: string, query: Query): Promise<Answer> => {
    const { type } = query.question;
    const none = negative(zone, 'NOERROR');
    if (chain.length > longestChain || chain.slice(1).some(each => each.name === target)) return none;
    if (isInZone(zone, target)) {
      const found = answerFromZone(zone, { name: target, type, class: classIn });
      if (found === 'elsewhere') return none;
      if ('alias' in found) return follow([...chain, found.alias], found.target, query);
      return found.answers.length > 0 ? { ...found, answers: [...chain, ...found.answers] } : none;
    }
    const packet = await queryFor(target, type);
    const reply = await forwarder.resolve(packet, readQuery(packet));
    if (!reply) return { ...none, rcode: 'SERVFAIL', authorities: [] };
    return { ...none, authorities: [], answers: [...chain, ...(await addressChain(reply))], variable: true };
  };

  const forward = async (request: Uint8Array, query: Query, limit: number): Promise<Uint8Array> => {
    const reply = await forwarder.resolve(request, query);
    if (!reply) return writeError(request, query, 'SERVFAIL');
    return reply.length > limit ? writeTruncated(request, query) : reply;
  };

  const answer = (request: Uint8Array, query: Query, limit: number): Uint8Array | Promise<Uint8Array> => {
    const { question, edns } = query;
    if (edns && edns.version > 0) return writeError(request, query, 'BADVERS');
    if (question.class !== classIn && question.class !== 255) return writeError(request, query, 'REFUSED');
    if (forwarder.isLoop(query)) return writeError(request, query, 'REFUSED');
    const found = answerFromZone(zone, question);
    if (found === 'elsewhere') return forward(request, query, limit);
    if ('alias' in found)
      return follow([found.alias], found.target, query).then(made => writeReply(request, query, made, limit));
    const reply = writeReply(request, query, rotate(found), limit);
    const keeps = !found.variable && (found.rcode === 'NOERROR' || found.rcode === 'NXDOMAIN');
    if (keeps && request.length <= longestKnown) known.set(keyOf(request, limit), reply);
    return reply;
  };

  const keyOf = (request: Uint8Array, limit: number): string =>
    `${limit}${latin1.decode(request.subarray(2))}`;

  const zoneName = (name: string): string => {
    if (isInZone(zone, name)) return `${zone.domain}.`;
    if (name.endsWith('.in-addr.arpa')) return 'in-addr.arpa.';
    return name.endsWith('.ip6.arpa') ? 'ip6.arpa.' : '.';
  };

  return (request, transport) => {
    if (request.length < headerSize || isReply(request)) return undefined;
    const started = clock.monotonic();
    const finish = (reply: Uint8Array, query: Query | undefined): Uint8Array => {
      const zoneLabel = query ? zoneName(query.question.name) : 'dropped';
      metrics.served({
        ...transport,
        zone: zoneLabel,
        type: query?.question.type ?? 0,
        rcode: rcodeOf(reply),
        requestSize: request.length,
        responseSize: reply.length,
        seconds: (clock.monotonic() - started) / 1000,
        plugin: zoneLabel === `${zone.domain}.` ? 'kubernetes' : 'forward',
      });
      return reply;
    };
    if (opcodeOf(request) !== 0) return finish(writeHeaderOnly(request, 'NOTIMP'), undefined);
    let query: Query;
    try {
      query = readQuery(request);
    } catch {
      return finish(writeHeaderOnly(request, 'FORMERR'), undefined);
    }
    const failed = (error: unknown): Uint8Array => {
      metrics.panicked();
      logger.error('a query could not be answered', { name: query.question.name, error });
      return writeError(request, query, 'SERVFAIL');
    };
    const limit = limitOf(query, transport);
    try {
      const kept = known.get(keyOf(request, limit), zone.records.generation);
      if (kept) {
        const reply = copyOf(kept);
        reply.set(request.subarray(0, 2));
        return finish(reply, query);
      }
      const made = answer(request, query, limit);
      if (!(made instanceof Promise)) return finish(made, query);
      return made.catch(failed).then(reply => finish(reply, query));
    } catch (error) {
      return finish(failed(error), query);
    }
  };
}
