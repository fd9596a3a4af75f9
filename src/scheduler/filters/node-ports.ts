import type { FilterPlugin, Rejection } from '../framework.ts';
import { portsConflict } from '../pod-info.ts';

const rejected: Rejection = {
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  unresolvable: false,
};

/** A host port can be had once for each protocol and address. */
export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  events: ['node-added', 'pod-deleted'],
  prepare({ ports }) {
    if (ports.length === 0) return undefined;
    return {
      filter(node) {
        for (const { port, address } of ports) {
          if (node.ports.get(port)?.some(used => portsConflict(used, address))) return rejected;
        }
        return undefined;
      },
    };
  },
};
