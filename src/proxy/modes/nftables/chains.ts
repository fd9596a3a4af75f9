// Chains made on demand. Their names say all about them, except `from-…`, whose ranges are hashed.
import { hashName, type Lane, type Words } from './words.ts';

export interface MadeChain {
  readonly name: string;
  readonly rules: readonly string[];
}

/** Above what sockets set as priority. */
export const firstChoice = 0x10000;

/**
 * Chooses evenly at random. The choice is kept in the first packet's priority: nft has no variables, marks belong to others,
 * and nothing but a queueing discipline reads a priority. Forwarding sets it anew, and `filter-output` clears it.
 */
const choose = (count: number): string =>
  `meta priority set numgen random mod ${count} offset ${firstChoice}`;

/** How the choice `index` is written in an element's key. */
export const choiceKey = (index: number): string => `0x${(firstChoice + index).toString(16)}`;

/** Sends to one of `count` endpoints. */
export const randomChain = (lane: Lane, count: number, words: Words): MadeChain => ({
  name: `${lane.name}-n${count}`,
  rules: [choose(count), `dnat to ${lane.key(words)} . meta priority map @${lane.name}-endpoints`],
});

/**
 * ClientIP affinity. A slot is a number that stands for an endpoint as long as the service has it. The remembered slot is
 * used while it is bound; otherwise it is forgotten and one of `count` is chosen.
 */
export function affinityChain(lane: Lane, count: number, words: Words): MadeChain {
  const key = lane.key(words);
  const client = lane.client(words);
  const follow = `${key} . meta priority vmap @${lane.name}-bindings`;
  return {
    name: `${lane.name}-a${count}`,
    rules: [
      'meta priority set 0',
      `meta priority set ${client} map @${lane.clients}`,
      follow,
      `delete @${lane.clients} { ${client} : meta priority }`,
      choose(count),
      `meta priority set ${key} . meta priority map @${lane.name}-choices`,
      follow,
    ],
  };
}

/** Remembers the slot (or renews its time) and sends to its endpoint. */
export const bindingChain = (lane: Lane, seconds: number, words: Words): MadeChain => ({
  name: `${lane.name}-t${seconds}`,
  rules: [
    `update @${lane.clients} { ${lane.client(words)} timeout ${seconds}s : meta priority }`,
    `dnat to ${lane.key(words)} . meta priority map @${lane.name}-slots`,
  ],
});

/** Lets only these sources on. */
export const sourcesChain = (ranges: readonly string[], words: Words): MadeChain => ({
  name: `from-${hashName(ranges.join(' '))}`,
  rules: [`${words.ip} saddr != { ${ranges.join(', ')} } drop`],
});
