// Is this kernel and this nft enough? If not: one line with the module's name (siderolabs/pkgs#951, kubernetes#122743).
import type { Family } from '../../model/types.ts';
import { affinityChain, bindingChain, randomChain } from './chains.ts';
import type { Nft } from './executor.ts';
import { baseText } from './plan-base.ts';
import { Transaction } from './transaction.ts';
import { lanes, wordsOf } from './words.ts';

/** Each need alone, so that the first that fails has a name. `IP` stands for the family. */
const needs: readonly { what: string; rule: string; hook: string }[] = [
  { what: 'nf_tables (CONFIG_NF_TABLES)', hook: 'filter hook output priority 0', rule: '' },
  { what: 'nft_chain_nat (CONFIG_NFT_NAT)', hook: 'nat hook output priority -100', rule: '' },
  { what: 'nft_ct (CONFIG_NFT_CT)', hook: 'filter hook output priority 0', rule: 'ct state new accept' },
  { what: 'nft_fib_IP', hook: 'nat hook output priority -100', rule: 'fib daddr type local accept' },
  { what: 'nft_numgen', hook: 'nat hook output priority -100', rule: 'numgen random mod 2 0 accept' },
  { what: 'nft_hash', hook: 'nat hook output priority -100', rule: 'jhash IPX saddr mod 2 0 accept' },
  { what: 'nft_nat', hook: 'nat hook output priority -100', rule: 'dnat to ADDRESS' },
  { what: 'nft_masq', hook: 'nat hook postrouting priority 100', rule: 'masquerade fully-random' },
  { what: 'nft_reject_IP', hook: 'nat hook prerouting priority -100', rule: 'reject' },
];

export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
}

/** Throws UnsupportedError when nftables mode cannot work for the family. Changes nothing. */
export async function checkNftables(nft: Nft, family: Family): Promise<void> {
  const words = wordsOf(family);
  const empty = { clusterCIDRs: [], serviceCIDRs: [], nodePortRanges: [], masqueradeAll: true };
  const made = new Transaction(words);
  for (const lane of Object.values(lanes))
    for (const chain of [
      randomChain(lane, 2, words),
      affinityChain(lane, 2, words),
      bindingChain(lane, 1, words),
    ])
      made.chain(chain);
  const refusal = await nft.accepts(baseText(words, empty, { fresh: true, leftover: [] }) + made.text());
  if (refusal === undefined) return;
  const number = family === 'ipv4' ? '4' : '6';
  for (const { what, rule, hook } of needs) {
    const at = `${words.ip} tsukube-probe`;
    const lines = [`add table ${at}`, `add chain ${at} probe { type ${hook}; }`];
    const address = family === 'ipv4' ? '192.0.2.1' : '2001:db8::1';
    if (rule) lines.push(`add rule ${at} probe ${rule.replace('ADDRESS', address).replace('IPX', words.ip)}`);
    if ((await nft.accepts(`${lines.join('\n')}\n`)) !== undefined)
      throw new UnsupportedError(
        `nftables mode (${family}): the kernel lacks ${what.replace('IP', `ipv${number}`)}: ${refusal}`,
      );
  }
  throw new UnsupportedError(`nftables mode (${family}) needs nft 1.0.1 and Linux 5.13 or later: ${refusal}`);
}
