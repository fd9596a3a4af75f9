// The table without services, as text.
import type { ModeSettings } from '../mode.ts';
import { chainLayouts, layoutMark, setLayouts } from './layout.ts';
import { holdTableName, tableName, type Words } from './words.ts';

export interface BaseOptions {
  /** Start from nothing, forgetting affinity: for a table of another layout or one that somebody damaged. */
  readonly fresh: boolean;
  /** Chains that may exist beyond the static ones; they are emptied. */
  readonly leftover: readonly string[];
}

/** Keeps established connections translated while modes come and go. Idempotent. */
export function holdTable({ ip }: Words): string[] {
  const at = `${ip} ${holdTableName}`;
  const hooks = [
    ['prerouting', -100],
    ['input', 100],
    ['output', -100],
    ['postrouting', 100],
  ] as const;
  return [
    `add table ${at}`,
    ...hooks.flatMap(([hook, priority]) => [
      `add chain ${at} ${hook} { type nat hook ${hook} priority ${priority}; }`,
      `flush chain ${at} ${hook}`,
    ]),
    `add rule ${at} postrouting ct state established return`,
  ];
}

/** Makes the table with its sets and chains, all empty of services but full of settings. */
export function baseText(words: Words, settings: ModeSettings, options: BaseOptions): string {
  const table = `${words.ip} ${tableName}`;
  const sets = setLayouts(words);
  const chains = chainLayouts(words, settings);
  const lines = [...holdTable(words), `add table ${table}`];
  if (options.fresh) lines.push(`delete table ${table}`, `add table ${table}`);
  lines.push(`add chain ${table} ${layoutMark(words)}`);
  for (const { kind, name, spec } of sets) lines.push(`add ${kind} ${table} ${name} { ${spec} }`);
  for (const { name, hook } of chains) lines.push(`add chain ${table} ${name}${hook ? ` { ${hook} }` : ''}`);
  if (!options.fresh) {
    for (const { name } of chains) lines.push(`flush chain ${table} ${name}`);
    for (const name of options.leftover)
      lines.push(`add chain ${table} ${name}`, `flush chain ${table} ${name}`);
    for (const { kind, name, learned } of sets) if (!learned) lines.push(`flush ${kind} ${table} ${name}`);
  }
  for (const { name, rules } of chains)
    for (const rule of rules) lines.push(`add rule ${table} ${name} ${rule}`);
  const fill: [string, readonly string[]][] = [
    ['cluster-cidrs', settings.clusterCIDRs],
    ['service-cidrs', settings.serviceCIDRs],
    ['node-port-ips', settings.nodePortRanges],
  ];
  for (const [set, list] of fill)
    if (list.length > 0) lines.push(`add element ${table} ${set} { ${list.join(', ')} }`);
  return `${lines.join('\n')}\n`;
}

/** Removes everything of ours, the hold table included; no error when there is nothing. */
export const removalText = ({ ip }: Words): string =>
  [tableName, holdTableName].map(name => `add table ${ip} ${name}\ndelete table ${ip} ${name}\n`).join('');
