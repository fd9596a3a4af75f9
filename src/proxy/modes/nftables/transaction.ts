// Accumulates commands of one atomic `nft -f` transaction and prints them in an order that the kernel accepts.
import type { MadeChain } from './chains.ts';
import { tableName, type Words } from './words.ts';

/** Elements in one command: long lines are quick to parse, endless ones are hard to read when one is refused. */
const batch = 500;

export class Transaction {
  readonly #words: Words;
  #chains: string[] = [];
  #removed = new Map<string, string[]>();
  #added = new Map<string, string[]>();
  #after: string[] = [];

  constructor(words: Words) {
    this.#words = words;
  }

  get empty(): boolean {
    return this.#chains.length + this.#removed.size + this.#added.size + this.#after.length === 0;
  }

  /** Makes (or refills) a chain before any element leads to it. */
  chain({ name, rules }: MadeChain): void {
    this.#chains.push(`add chain ${this.#at(name)}`);
    for (const rule of rules) this.#chains.push(`add rule ${this.#at(name)} ${rule}`);
  }

  remove(set: string, key: string): void {
    push(this.#removed, set, key);
  }

  add(set: string, key: string, value?: string): void {
    push(this.#added, set, value === undefined ? key : `${key} : ${value}`);
  }

  /** Empties a chain after the last element that led to it has gone. */
  flushAfter(chain: string): void {
    this.#after.push(`flush chain ${this.#at(chain)}`);
  }

  text(): string {
    const lines = [...this.#chains];
    this.#elements('delete', this.#removed, lines);
    this.#elements('add', this.#added, lines);
    lines.push(...this.#after);
    return lines.length > 0 ? `${lines.join('\n')}\n` : '';
  }

  #at(name: string): string {
    return `${this.#words.ip} ${tableName} ${name}`;
  }

  #elements(verb: string, sets: Map<string, string[]>, lines: string[]): void {
    for (const [set, list] of sets)
      for (let from = 0; from < list.length; from += batch)
        lines.push(`${verb} element ${this.#at(set)} { ${list.slice(from, from + batch).join(', ')} }`);
  }
}

function push(sets: Map<string, string[]>, set: string, item: string): void {
  const list = sets.get(set);
  if (list) list.push(item);
  else sets.set(set, [item]);
}
