// What the kernel should hold -> the transaction that makes it so. Pure: equal histories give equal texts, and what a
// history of updates leaves in the kernel equals what one replacement would (chains waiting to be tidied aside).
import type { ServiceChange, ServicePort } from '../../model/types.ts';
import type { ModeSettings } from '../mode.ts';
import type { MadeChain } from './chains.ts';
import { Claims } from './claims.ts';
import { frontendElements, type Sink, sharedElements, sharedSets } from './elements.ts';
import { type Frontend, frontendsOf } from './frontends.ts';
import { baseText } from './plan-base.ts';
import { Transaction } from './transaction.ts';
import { tableName, type Words } from './words.ts';

interface Known {
  ports: readonly ServicePort[];
  /** Claimed keys that another service owns; absent in all but odd cases. */
  lost?: Set<string>;
}

/** Elements of one service: `set key` -> value, and the chain that a verdict leads to. */
interface Wanted {
  set: string;
  key: string;
  value?: string;
  chain?: MadeChain;
}

const shared = new Set<string>(sharedSets);
const claimKey = ({ lane, key }: Frontend): string => `${lane} ${key}`;

export class Planner {
  readonly #words: Words;
  #settings: ModeSettings = {
    clusterCIDRs: [],
    serviceCIDRs: [],
    nodePortRanges: [],
    masqueradeAll: false,
  };
  #claims = new Claims();
  #services = new Map<string, Known>();
  /** How many services want an element of a shared set, by `set key`. */
  #counts = new Map<string, number>();
  /** How many elements lead to a made chain. */
  #references = new Map<string, number>();
  /** Made chains that nothing leads to: emptied, but still there. */
  #idle = new Set<string>();

  constructor(words: Words) {
    this.#words = words;
  }

  /** The whole table. `leftover` names chains of an earlier table that are not static. */
  replace(
    services: Iterable<readonly ServicePort[]>,
    settings: ModeSettings,
    options: { fresh: boolean; leftover: readonly string[] },
  ): string {
    const made = [...this.#idle, ...this.#references.keys(), ...options.leftover];
    const leftover = options.fresh ? [] : [...new Set(made)].sort();
    this.#settings = settings;
    this.#claims = new Claims();
    this.#services = new Map();
    this.#counts = new Map();
    this.#references = new Map();
    this.#idle = new Set(leftover);
    const changes: ServiceChange[] = [];
    for (const ports of services)
      if (ports[0]) changes.push({ service: ports[0].service, before: [], after: ports });
    return baseText(this.#words, settings, { fresh: options.fresh, leftover }) + this.update(changes);
  }

  /** Only what these changes alter; empty text when nothing does. */
  update(changes: readonly ServiceChange[]): string {
    const transaction = new Transaction(this.#words);
    const affected = new Map<string, readonly ServicePort[]>();
    for (const change of changes) affected.set(change.service, change.after);
    for (const change of changes)
      for (const other of this.#reclaim(change.service, change.after))
        if (!affected.has(other)) affected.set(other, this.#services.get(other)?.ports ?? []);
    for (const [service, after] of affected) this.#replan(service, after, transaction);
    this.#flushIdle(transaction);
    return transaction.text();
  }

  /** Deletes chains that were emptied by an earlier transaction; the caller calls `tidied` when it succeeded. */
  tidy(): { text: string; chains: readonly string[] } {
    const chains = [...this.#idle].sort();
    const { ip } = this.#words;
    return { text: chains.map(name => `delete chain ${ip} ${tableName} ${name}\n`).join(''), chains };
  }

  tidied(chains: readonly string[]): void {
    for (const name of chains) this.#idle.delete(name);
  }

  /** Updates who owns which key; gives the other services that this gained or lost something. */
  #reclaim(service: string, after: readonly ServicePort[]): string[] {
    const others: string[] = [];
    const before = this.#services.get(service)?.ports ?? [];
    const wanted = new Set(after.flatMap(port => frontendsOf(port, this.#settings).map(claimKey)));
    for (const port of before)
      for (const frontend of frontendsOf(port, this.#settings)) {
        const key = claimKey(frontend);
        if (!wanted.has(key)) others.push(...this.#claims.release(key, service));
      }
    for (const key of wanted) others.push(...this.#claims.claim(key, service));
    return others;
  }

  #replan(service: string, after: readonly ServicePort[], transaction: Transaction): void {
    const known = this.#services.get(service);
    const before = known ? this.#wanted(known.ports, known.lost) : undefined;
    const lost = new Set<string>();
    for (const port of after)
      for (const frontend of frontendsOf(port, this.#settings)) {
        const key = claimKey(frontend);
        if (this.#claims.owner(key) !== service) lost.add(key);
      }
    const wanted = this.#wanted(after, lost.size > 0 ? lost : undefined);
    if (after.length > 0)
      this.#services.set(service, lost.size > 0 ? { ports: after, lost } : { ports: after });
    else this.#services.delete(service);

    if (before)
      for (const [id, element] of before) {
        const next = wanted.get(id);
        if (next && next.value === element.value) wanted.delete(id);
        else this.#drop(id, element, transaction);
      }
    for (const [id, element] of wanted) this.#make(id, element, transaction);
  }

  /** All elements of a service by identity. The first frontend that names a key has it. */
  #wanted(ports: readonly ServicePort[], lost: ReadonlySet<string> | undefined): Map<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    const put = (element: Wanted): void => {
      wanted.set(`${element.set} ${element.key}`, element);
    };
    const sink: Sink = {
      element: (set, key, value) => put(value === undefined ? { set, key } : { set, key, value }),
      verdict: (set, key, verb, chain) => put({ set, key, value: `${verb} ${chain.name}`, chain }),
    };
    const seen = new Set<string>();
    for (const port of ports) {
      const frontends = frontendsOf(port, this.#settings);
      for (const frontend of frontends) {
        const key = claimKey(frontend);
        if (seen.has(key) || lost?.has(key)) continue;
        seen.add(key);
        frontendElements(frontend, this.#words, sink);
      }
      sharedElements(port, frontends, sink);
    }
    return wanted;
  }

  #make(id: string, { set, key, value, chain }: Wanted, transaction: Transaction): void {
    if (shared.has(set)) {
      const count = this.#counts.get(id) ?? 0;
      this.#counts.set(id, count + 1);
      if (count > 0) return;
    }
    if (chain) this.#refer(chain, transaction);
    transaction.add(set, key, value);
  }

  #drop(id: string, { set, key, chain }: Wanted, transaction: Transaction): void {
    if (shared.has(set)) {
      const count = (this.#counts.get(id) ?? 1) - 1;
      if (count > 0) {
        this.#counts.set(id, count);
        return;
      }
      this.#counts.delete(id);
    }
    if (chain) this.#references.set(chain.name, (this.#references.get(chain.name) ?? 1) - 1);
    transaction.remove(set, key);
  }

  #refer(chain: MadeChain, transaction: Transaction): void {
    const count = this.#references.get(chain.name);
    this.#references.set(chain.name, (count ?? 0) + 1);
    if (count !== undefined) return;
    this.#idle.delete(chain.name);
    transaction.chain(chain);
  }

  #flushIdle(transaction: Transaction): void {
    for (const [name, count] of this.#references)
      if (count === 0) {
        this.#references.delete(name);
        this.#idle.add(name);
        transaction.flushAfter(name);
      }
  }
}
