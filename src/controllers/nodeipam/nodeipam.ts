// Gives each node its ranges of Pod addresses (upstream: pkg/controller/nodeipam/ipam/range_allocator.go).
import { nodes } from '../../api/generated/resources/core.v1.ts';
import type { V1Node } from '../../api/generated/types.ts';
import { type Controller, watching } from '../../client/controller.ts';
import type { ControllerContext } from '../common/context.ts';
import { type Cidr, formatCidr, overlaps, parseCidr, partOf } from './cidr.ts';

export interface NodeIpamOptions {
  /** Ranges to cut up, one for each family: `10.244.0.0/16`. */
  clusterCidrs: readonly string[];
  /** Prefix lengths of a node's part; default 24 and 64. */
  nodeMaskV4?: number;
  nodeMaskV6?: number;
  /** Ranges that no node gets, such as that of Services. */
  reserved?: readonly string[];
}

const parsed = (texts: readonly string[]): Cidr[] =>
  texts.map(text => {
    const cidr = parseCidr(text);
    if (!cidr) throw new Error(`not an address range: ${text}`);
    return cidr;
  });

export function createNodeIpamController(context: ControllerContext, options: NodeIpamOptions): Controller {
  const { client, informers } = context;
  const events = context.recorder('cidrAllocator');
  const cache = informers.for(nodes);
  const ranges = parsed(options.clusterCidrs);
  const reserved = parsed(options.reserved ?? []);
  /** Text of a part to the node that has it. */
  const taken = new Map<string, string>();
  /** Where to go on looking, for each range: parts that were just given back rest for a while. */
  const cursors = ranges.map(() => 0);

  const take = (node: string, texts: readonly string[]): void => {
    for (const text of texts) taken.set(text, node);
  };
  const giveBack = (node: string): void => {
    for (const [text, owner] of taken) if (owner === node) taken.delete(text);
  };
  const cidrsOf = (node: V1Node): string[] =>
    node.spec?.podCIDRs ?? (node.spec?.podCIDR ? [node.spec.podCIDR] : []);

  const allocate = (range: Cidr, at: number, node: string): string | undefined => {
    const prefix = Math.max(range.prefix, range.v6 ? (options.nodeMaskV6 ?? 64) : (options.nodeMaskV4 ?? 24));
    const count = 2 ** Math.min(30, prefix - range.prefix);
    for (let tries = 0; tries < count; tries++) {
      const index = (cursors[at]! + tries) % count;
      const part = partOf(range, prefix, index)!;
      const text = formatCidr(part);
      if (taken.has(text) || reserved.some(other => overlaps(other, part))) continue;
      cursors[at] = (index + 1) % count;
      taken.set(text, node);
      return text;
    }
    return undefined;
  };

  return {
    name: 'nodeipam',
    watches: [
      watching({
        resource: nodes,
        observe: (event, node) => {
          if (event === 'deleted') giveBack(node.metadata.name);
          else take(node.metadata.name, cidrsOf(node));
        },
      }),
    ],
    async reconcile(name) {
      const node = cache.get(name);
      if (!node || node.metadata.deletionTimestamp || cidrsOf(node).length > 0) return undefined;
      // What was written but is not in the cache yet stays the node's.
      const own = [...taken].filter(([, owner]) => owner === name).map(([text]) => text);
      const podCIDRs = own.length > 0 ? own : ranges.map((range, at) => allocate(range, at, name));
      if (podCIDRs.includes(undefined)) {
        giveBack(name);
        events.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
        throw new Error(`no address range is left for node ${name}`);
      }
      const body = { spec: { podCIDR: podCIDRs[0], podCIDRs } };
      await client.patch(nodes, name, undefined, { type: 'strategic', body });
      return undefined;
    },
  };
}
