import { leases } from '../../api/generated/resources/coordination.k8s.io.v1.ts';
import type { V1Lease, V1Node } from '../../api/generated/types.ts';
import type { ComponentContext } from '../../client/component.ts';
import { microTimestamp } from '../../machinery/clock.ts';
import type { Stored } from '../../machinery/object.ts';
import { isConflict, isNotFound } from '../../machinery/status-error.ts';

const namespace = 'kube-node-lease';
const durationSeconds = 40;
export const leaseRenewMs = 10_000;

/** A sign of life of the node, cheaper than its status (upstream: component-helpers apimachinery/lease). */
export class NodeLease {
  readonly #context: ComponentContext;
  readonly #name: string;
  #last: Stored<V1Lease> | undefined;

  constructor(context: ComponentContext, nodeName: string) {
    this.#context = context;
    this.#name = nodeName;
  }

  /** Throws what the API server refused with. */
  async renew(node: Stored<V1Node>): Promise<void> {
    const { client } = this.#context;
    for (let attempt = 0; ; attempt++) {
      try {
        this.#last ??= await client.get(leases, this.#name, namespace);
        this.#last = await client.update(leases, {
          ...this.#last,
          spec: this.#spec(),
        });
        return;
      } catch (error) {
        this.#last = undefined;
        if (isNotFound(error)) {
          this.#last = await client.create(leases, {
            metadata: {
              name: this.#name,
              namespace,
              ownerReferences: [
                { apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid },
              ],
            },
            spec: this.#spec(),
          });
          return;
        }
        if (!isConflict(error) || attempt > 0) throw error;
      }
    }
  }

  #spec(): V1Lease['spec'] {
    return {
      holderIdentity: this.#name,
      leaseDurationSeconds: durationSeconds,
      renewTime: microTimestamp(this.#context.clock.now()),
    };
  }
}
