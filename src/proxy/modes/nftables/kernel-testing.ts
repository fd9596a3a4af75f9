// A kernel for tests: takes the texts that the planner emits, refuses what nf_tables would refuse, and shows what it holds.

interface FakeTable {
  chains: Map<string, string[]>;
  sets: Map<string, Map<string, string | undefined>>;
}

export interface FakeKernel {
  /** All or nothing; throws with the line that was refused. */
  apply(text: string): void;
  /** Elements by set (`learned` maps and empty sets left out) and rules by chain (chains without rules left out). */
  dump(): { sets: Record<string, string[]>; chains: Record<string, string[]> };
  chainNames(): string[];
}

const targetOf = (value: string | undefined): string | undefined =>
  /^(?:goto|jump) (\S+)$/.exec(value ?? '')?.[1];

const split = (body: string): [key: string, value: string | undefined][] =>
  body.split(', ').map(item => {
    const at = item.indexOf(' : ');
    return at < 0 ? [item, undefined] : [item.slice(0, at), item.slice(at + 3)];
  });

/** What one line does. Groups: verb, object, table, the rest. */
function execute(line: string, tables: Map<string, FakeTable>): void {
  const match =
    /^(add|delete|flush) (table|chain|set|map|rule|element) (ip6? \S+)(?: (\S+))?(?: (.*))?$/.exec(line);
  if (!match) throw new Error('syntax error');
  const [, verb, object, tableName, name = '', rest = ''] = match;
  const table = tables.get(tableName!);
  if (object === 'table') {
    if (verb === 'add') tables.set(tableName!, table ?? { chains: new Map(), sets: new Map() });
    else if (!tables.delete(tableName!)) throw new Error('no such table');
    return;
  }
  if (!table) throw new Error('no such table');
  const { chains, sets } = table;
  const chain = chains.get(name);
  const set = sets.get(name);
  if (object === 'chain') {
    if (verb === 'add') chains.set(name, chain ?? []);
    else if (!chain) throw new Error('no such chain');
    else if (verb === 'flush') chain.length = 0;
    else if (chain.length > 0 || isReferenced(name, table)) throw new Error('device or resource busy');
    else chains.delete(name);
  } else if (object === 'rule') {
    if (!chain) throw new Error('no such chain');
    chain.push(rest);
  } else if (object === 'set' || object === 'map') {
    if (verb === 'add') sets.set(name, set ?? new Map());
    else if (!set) throw new Error('no such set');
    else set.clear();
  } else {
    if (!set) throw new Error('no such set');
    for (const [key, value] of split(rest.slice(2, -2))) {
      const target = targetOf(value);
      if (target && !chains.has(target)) throw new Error(`no such chain ${target}`);
      if (verb === 'delete') {
        if (!set.delete(key)) throw new Error(`no such element ${key}`);
      } else if (set.has(key) && set.get(key) !== value) throw new Error(`element exists ${key}`);
      else set.set(key, value);
    }
  }
}

const isReferenced = (chain: string, { sets }: FakeTable): boolean =>
  [...sets.values()].some(set => [...set.values()].some(value => targetOf(value) === chain));

const copy = (tables: Map<string, FakeTable>): Map<string, FakeTable> => structuredClone(tables);

export function createFakeKernel(table: string): FakeKernel {
  let tables = new Map<string, FakeTable>();
  const ours = (): FakeTable => tables.get(table) ?? { chains: new Map(), sets: new Map() };
  return {
    apply(text) {
      const next = copy(tables);
      for (const line of text.split('\n').filter(Boolean))
        try {
          execute(line, next);
        } catch (cause) {
          throw new Error(`${(cause as Error).message}: ${line}`, { cause });
        }
      tables = next;
    },
    dump() {
      const sets: Record<string, string[]> = {};
      for (const [name, set] of [...ours().sets].sort())
        if (set.size > 0)
          sets[name] = [...set]
            .map(([key, value]) => (value === undefined ? key : `${key} : ${value}`))
            .sort();
      const chains: Record<string, string[]> = {};
      for (const [name, rules] of [...ours().chains].sort()) if (rules.length > 0) chains[name] = [...rules];
      return { sets, chains };
    },
    chainNames: () => [...ours().chains.keys()].sort(),
  };
}
