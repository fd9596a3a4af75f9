// Fills ClusterRoles that are the sum of others (upstream: pkg/controller/clusterroleaggregation).
import { clusterroles } from '../../api/generated/resources/rbac.authorization.k8s.io.v1.ts';
import type { V1ClusterRole, V1PolicyRule } from '../../api/generated/types.ts';
import { type Controller, watching } from '../../client/controller.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import { compileLabelSelector } from '../../machinery/labels.ts';
import type { Stored } from '../../machinery/object.ts';
import type { ControllerContext } from '../common/context.ts';

/** The rules of all roles that `role` selects, in the order of their names, each once. */
export function aggregate(
  role: Stored<V1ClusterRole>,
  all: readonly Stored<V1ClusterRole>[],
): V1PolicyRule[] {
  const rules: V1PolicyRule[] = [];
  for (const labels of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = compileLabelSelector(labels);
    const sources = all
      .filter(({ metadata }) => metadata.name !== role.metadata.name && selector.matches(metadata.labels))
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    for (const source of sources)
      for (const rule of source.rules ?? [])
        if (!rules.some(known => semanticEqual(known, rule))) rules.push(rule);
  }
  return rules;
}

export function createClusterRoleAggregationController({ client, informers }: ControllerContext): Controller {
  const cache = informers.for(clusterroles);
  return {
    name: 'clusterrole-aggregation',
    watches: [
      watching({
        resource: clusterroles,
        // Any role may be a part of any aggregate.
        keys: () =>
          cache
            .list()
            .filter(({ aggregationRule }) => aggregationRule)
            .map(({ metadata }) => metadata.name),
      }),
    ],
    async reconcile(name) {
      const role = cache.get(name);
      if (!role?.aggregationRule) return undefined;
      const rules = aggregate(role, cache.list());
      if (!semanticEqual(role.rules, rules)) await client.update(clusterroles, { ...role, rules });
      return undefined;
    },
  };
}
