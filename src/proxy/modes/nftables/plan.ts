// What the kernel should hold -> the transaction that makes it so. Pure: equal histories give equal texts, and what a
// history of updates leaves in the kernel equals what one replacement would (chains waiting to be tidied aside).
import type { ServiceChange, ServicePort } from '../../model/types.ts';
import type { ModeSettings } from '../mode.ts';
import type { MadeChain } from './chains.ts';
import { Claims } from './claims.ts';
import { claimKey, frontendElements, type ServicePlan, type Sink, servicePlan } from './elements.ts';
import { baseText } from './plan-base.ts';
import { Transaction } from './transaction.ts';
import { tableName, type Words } from './words.ts';

interface Known extends ServicePlan {
  /** Claimed keys that another service owns; absent in all but odd cases. */
  readonly lost?: ReadonlySet<string>;
}

/** Elements of one service: `set key` -> value, and the chain that a verdict leads to. */
interface Wanted {
  set: string;
  key: string;
  value?: string | undefined;
  chain?: MadeChain;
  /** Several services may want it. */
  shared?: true;
}

const idOf = ({ set, key }: Wanted): string => `${set} ${key}`;
const nothing: ServicePlan = { frontends: [], shared: [] };

/** A service that was not there before. */
export const addition = (ports: readonly ServicePort[]): ServiceChange => ({
  service: ports[0]?.service ?? '',
  before: [],
  after: ports,
});

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

  /** The whole table, in one text. `leftover` names chains of an earlier table that are not static. */
  replace(
    services: Iterable<readonly ServicePort[]>,
    settings: ModeSettings,
    options: { fresh: boolean; leftover: readonly string[] },
  ): string {
    return this.begin(settings, options) + this.update([...services].map(addition));
  }

  /**
   * The table without services, and the planner without memory of any. The texts of `begin` and of updates that follow,
   * one after the other, are a transaction too: so a long one can be planned in slices.
   */
  begin(settings: ModeSettings, options: { fresh: boolean; leftover: readonly string[] }): string {
    const made = [...this.#idle, ...this.#references.keys(), ...options.leftover];
    const leftover = options.fresh ? [] : [...new Set(made)].sort();
    this.#settings = settings;
    this.#claims = new Claims();
    this.#services = new Map();
    this.#counts = new Map();
    this.#references = new Map();
    this.#idle = new Set(leftover);
    return baseText(this.#words, settings, { fresh: options.fresh, leftover });
  }

  /** Only what these changes alter; empty text when nothing does. */
  update(changes: readonly ServiceChange[]): string {
    const transaction = new Transaction(this.#words);
    const affected = new Map<string, ServicePlan>();
    for (const { service, after } of changes) affected.set(service, servicePlan(after, this.#settings));
    for (const [service, plan] of [...affected])
      for (const other of this.#reclaim(service, plan))
        if (!affected.has(other)) affected.set(other, this.#services.get(other) ?? nothing);
    for (const [service, plan] of affected) this.#replan(service, plan, transaction);
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
  #reclaim(service: string, after: ServicePlan): string[] {
    const others: string[] = [];
    const before = this.#services.get(service);
    const wanted = new Set(after.frontends.map(claimKey));
    for (const frontend of before?.frontends ?? []) {
      const key = claimKey(frontend);
      if (!wanted.has(key)) others.push(...this.#claims.release(key, service));
    }
    for (const key of wanted) others.push(...this.#claims.claim(key, service));
    return others;
  }

  #replan(service: string, plan: ServicePlan, transaction: Transaction): void {
    const known = this.#services.get(service);
    const lost = plan.frontends.map(claimKey).filter(key => this.#claims.owner(key) !== service);
    const next: Known = { frontends: plan.frontends, shared: plan.shared };
    const after: Known = lost.length > 0 ? { ...next, lost: new Set(lost) } : next;
    if (plan.frontends.length > 0) this.#services.set(service, after);
    else this.#services.delete(service);
    if (known) this.#difference(known, after, transaction);
    else this.#walk(after, element => this.#make(element, transaction));
  }

  #difference(known: Known, after: Known, transaction: Transaction): void {
    const wanted = new Map<string, Wanted>();
    this.#walk(after, element => wanted.set(idOf(element), element));
    this.#walk(known, element => {
      const id = idOf(element);
      const next = wanted.get(id);
      if (next && next.value === element.value) wanted.delete(id);
      else this.#drop(element, transaction);
    });
    for (const element of wanted.values()) this.#make(element, transaction);
  }

  /** Visits all elements of a service, each once. */
  #walk({ frontends, shared, lost }: Known, visit: (element: Wanted) => void): void {
    const sink: Sink = {
      element: (set, key, value) => visit({ set, key, value }),
      verdict: (set, key, verb, chain) => visit({ set, key, value: `${verb} ${chain.name}`, chain }),
    };
    for (const frontend of frontends)
      if (!lost?.has(claimKey(frontend))) frontendElements(frontend, this.#words, sink);
    for (const [set, key] of shared) visit({ set, key, shared: true });
  }

  #make(element: Wanted, transaction: Transaction): void {
    const { set, key, value, chain } = element;
    if (element.shared) {
      const id = idOf(element);
      const count = this.#counts.get(id) ?? 0;
      this.#counts.set(id, count + 1);
      if (count > 0) return;
    }
    if (chain) this.#refer(chain, transaction);
    transaction.add(set, key, value);
  }

  #drop(element: Wanted, transaction: Transaction): void {
    const { set, key, chain } = element;
    if (element.shared) {
      const id = idOf(element);
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
