// Routes to other nodes' Pods: direct, without address translation, for nodes that share a link.

import { nodes } from '../api/generated/resources/core.v1.ts';
import type { V1Node } from '../api/generated/types.ts';
import type { ComponentContext } from '../client/component.ts';

/** Pod network to the node address behind which it lies. */
export type Routes = ReadonlyMap<string, string>;

/** The routes that `self` should have to the Pods of `all` other nodes. */
export function wantedRoutes(self: string, all: readonly V1Node[]): Routes {
  const routes = new Map<string, string>();
  for (const node of all) {
    if (node.metadata?.name === self) continue;
    const addresses = (node.status?.addresses ?? [])
      .filter(each => each.type === 'InternalIP')
      .map(each => each.address);
    for (const cidr of node.spec?.podCIDRs ?? (node.spec?.podCIDR ? [node.spec.podCIDR] : [])) {
      const via = addresses.find(address => address.includes(':') === cidr.includes(':'));
      if (via) routes.set(cidr, via);
    }
  }
  return routes;
}

/** The `ip -batch` lines that lead from `before` to `after`. */
export function routeCommands(before: Routes, after: Routes): string[] {
  const lines: string[] = [];
  for (const [cidr, via] of before) if (!after.has(cidr)) lines.push(`route del ${cidr} via ${via}`);
  for (const [cidr, via] of after)
    if (before.get(cidr) !== via) lines.push(`route replace ${cidr} via ${via}`);
  return lines;
}

/** Keeps this node's routes as the Nodes say. `apply` runs `ip -batch` lines. Routes stay when the component stops: traffic lives on. */
export async function startRoutes(
  context: ComponentContext,
  options: { nodeName: string; apply(lines: string[]): Promise<void> },
): Promise<AsyncDisposable> {
  const informer = context.informers.for(nodes);
  const log = context.logger.child('routes');
  let applied: Routes = new Map();
  let running: Promise<void> | undefined;
  let again = false;
  const sync = async (): Promise<void> => {
    do {
      again = false;
      const wanted = wantedRoutes(options.nodeName, informer.list());
      const lines = routeCommands(applied, wanted);
      if (lines.length === 0) continue;
      try {
        await options.apply(lines);
        applied = wanted;
      } catch (error) {
        // What did apply is not known: `route replace` of everything at the next change is harmless.
        applied = new Map();
        log.warn('routes could not be set', { error, lines });
      }
    } while (again);
  };
  const trigger = (): void => {
    again = true;
    running ??= sync().finally(() => {
      running = undefined;
    });
  };
  const remove = informer.addHandler({ added: trigger, updated: trigger, deleted: trigger });
  return {
    async [Symbol.asyncDispose]() {
      remove();
      await running;
    },
  };
}
