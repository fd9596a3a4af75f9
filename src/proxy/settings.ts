// Options + Node + ServiceCIDRs -> what a mode holds for all services of a family.
import { disjoint, ofFamily } from './model/addresses.ts';
import type { Family, NodeFacts } from './model/types.ts';
import type { ModeSettings } from './modes/mode.ts';

export interface SettingsInput {
  /** Empty: the node's own pod CIDRs (upstream's detect-local modes ClusterCIDR and NodeCIDR). */
  readonly clusterCIDRs: readonly string[];
  /** CIDRs, `primary` (the node's first address of the family), or `all`; loopback never answers. */
  readonly nodePortAddresses: readonly string[];
  readonly masqueradeAll: boolean;
  readonly serviceCIDRs: readonly string[];
}

const everything: Record<Family, string> = { ipv4: '0.0.0.0/0', ipv6: '::/0' };

const nodePortRanges = (words: readonly string[], node: NodeFacts, family: Family): string[] =>
  disjoint(
    family,
    words.flatMap(word => {
      if (word === 'all') return [everything[family]];
      return word === 'primary' ? ofFamily(family, node.addresses).slice(0, 1) : [word];
    }),
  );

export function modeSettings(input: SettingsInput, node: NodeFacts, family: Family): ModeSettings {
  const cluster = disjoint(family, input.clusterCIDRs);
  return {
    clusterCIDRs: input.clusterCIDRs.length > 0 ? cluster : disjoint(family, node.podCIDRs),
    serviceCIDRs: disjoint(family, input.serviceCIDRs),
    nodePortRanges: nodePortRanges(
      input.nodePortAddresses.length > 0 ? input.nodePortAddresses : ['primary'],
      node,
      family,
    ),
    masqueradeAll: input.masqueradeAll,
  };
}
