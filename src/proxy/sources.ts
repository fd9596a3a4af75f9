// The informers as the proxy sees them: which services changed, and what the world wants of one.

import { nodes, services } from '../api/generated/resources/core.v1.ts';
import { endpointslices } from '../api/generated/resources/discovery.k8s.io.v1.ts';
import { servicecidrs } from '../api/generated/resources/networking.k8s.io.v1.ts';
import type { V1EndpointSlice, V1Node, V1Service } from '../api/generated/types.ts';
import type { Informer, Informers } from '../client/informer.ts';
import { keyOf, type Stored } from '../machinery/object.ts';
import { nodeFacts, sameNodeFacts } from './model/node-facts.ts';
import { healthCheck, servicePorts } from './model/service-ports.ts';
import type { Family, HealthCheck, NodeFacts, ServicePort } from './model/types.ts';

const byService = 'service';
const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

const serviceOf = (slice: V1EndpointSlice): string[] => {
  const name = slice.metadata?.labels?.['kubernetes.io/service-name'];
  return name ? [`${slice.metadata?.namespace ?? ''}/${name}`] : [];
};

export interface SourceHandlers {
  service(): void;
  slice(): void;
  /** The node's facts or the service CIDRs changed: everything is to be looked at again. */
  everything(): void;
}

export class Sources implements Disposable {
  readonly #nodeName: string;
  readonly #services: Informer<V1Service>;
  readonly #slices: Informer<V1EndpointSlice>;
  readonly #nodes: Informer<V1Node>;
  readonly #cidrs: ReturnType<typeof cidrInformer>;
  readonly #changed = new Set<string>();
  /** When the oldest unsynced change of a service's endpoints happened, by the controller's word. */
  readonly #triggered = new Map<string, number>();
  readonly #remove: (() => void)[] = [];
  #node: NodeFacts;

  constructor(informers: Informers, nodeName: string, handlers: SourceHandlers) {
    this.#nodeName = nodeName;
    this.#node = nodeFacts(nodeName, undefined);
    this.#services = informers.for(services);
    this.#slices = informers.for(endpointslices);
    this.#nodes = informers.for(nodes, { fieldSelector: `metadata.name=${nodeName}` });
    this.#cidrs = cidrInformer(informers);
    this.#slices.addIndex(byService, serviceOf);
    this.#watchServices(handlers);
    this.#watchSlices(handlers);
    this.#watchRest(handlers);
  }

  get node(): NodeFacts {
    return this.#node;
  }

  /** Nothing may be written before: half a list of services would look like deletions. */
  async whenSynced(signal?: AbortSignal): Promise<void> {
    await Promise.all(
      [this.#services, this.#slices, this.#nodes].map(informer => informer.whenSynced(signal)),
    );
  }

  /** The services that changed since the last call. */
  take(): { changed: ReadonlySet<string>; triggered: ReadonlyMap<string, number> } {
    const taken = { changed: new Set(this.#changed), triggered: new Map(this.#triggered) };
    this.#changed.clear();
    this.#triggered.clear();
    return taken;
  }

  /** Nothing has changed since `take`. */
  get idle(): boolean {
    return this.#changed.size === 0;
  }

  serviceKeys(): string[] {
    return this.#services.list().map(keyOf);
  }

  ports(service: string, family: Family): ServicePort[] {
    const object = this.#services.get(service);
    return object ? servicePorts(object, this.#slices.byIndex(byService, service), this.#node, family) : [];
  }

  healthCheck(service: string): HealthCheck | undefined {
    const object = this.#services.get(service);
    return object && healthCheck(object, this.#slices.byIndex(byService, service), this.#node);
  }

  serviceCIDRs(): string[] {
    return this.#cidrs.list().flatMap(object => object.spec?.cidrs ?? []);
  }

  [Symbol.dispose](): void {
    for (const remove of this.#remove) remove();
  }

  #watchServices(handlers: SourceHandlers): void {
    const touch = (service: Stored<V1Service>): void => {
      this.#changed.add(keyOf(service));
      handlers.service();
    };
    this.#remove.push(this.#services.addHandler({ added: touch, updated: touch, deleted: touch }));
  }

  #watchSlices(handlers: SourceHandlers): void {
    const touch = (slice: Stored<V1EndpointSlice>): void => {
      for (const service of serviceOf(slice)) {
        this.#changed.add(service);
        const at = Date.parse(slice.metadata.annotations?.[triggerAnnotation] ?? '');
        if (!Number.isNaN(at)) this.#triggered.set(service, Math.min(at, this.#triggered.get(service) ?? at));
      }
      handlers.slice();
    };
    this.#remove.push(
      this.#slices.addHandler({
        added: touch,
        updated: (slice, previous) => {
          touch(slice);
          for (const service of serviceOf(previous)) this.#changed.add(service);
        },
        deleted: touch,
      }),
    );
  }

  #watchRest(handlers: SourceHandlers): void {
    const look = (): void => {
      const facts = nodeFacts(this.#nodeName, this.#nodes.get(this.#nodeName));
      if (sameNodeFacts(facts, this.#node)) return;
      this.#node = facts;
      handlers.everything();
    };
    const everything = (): void => handlers.everything();
    this.#remove.push(
      this.#nodes.addHandler({ added: look, updated: look, deleted: look }),
      this.#cidrs.addHandler({ added: everything, updated: everything, deleted: everything }),
    );
  }
}

const cidrInformer = (informers: Informers) => informers.for(servicecidrs);
