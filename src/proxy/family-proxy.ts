// One family's share of the work: keeps what was last asked of the kernel, and brings it up to date.

import { type TimeSlice, timeSlice } from '../client/time-slice.ts';
import type { Logger } from '../machinery/logger.ts';
import { expectationsOf, removeStaleFlows } from './conntrack.ts';
import type { Execute } from './execute.ts';
import type { Family, NodeFacts, ServiceChange, ServicePort } from './model/types.ts';
import type { Mode, ModeContext, ModeSettings } from './modes/mode.ts';

/** What a sync starts from: the world as the informers know it. */
export interface World {
  readonly node: NodeFacts;
  readonly settings: ModeSettings;
  ports(service: string): readonly ServicePort[];
  services(): Iterable<string>;
}

export class FamilyProxy {
  readonly family: Family;
  readonly #mode: Mode;
  readonly #execute: Execute;
  #known = new Map<string, readonly ServicePort[]>();
  /** Changes whose flows were not cleaned up yet, oldest first: they survive a failed write (kubernetes#112604). */
  #flowChanges: ServiceChange[] = [];
  /** The kernel's state is unknown: at the start and after a failed write. */
  #lost = true;

  readonly #logger: Logger;
  readonly #slice: TimeSlice;

  constructor(family: Family, mode: Mode, { execute, logger, clock }: ModeContext) {
    this.family = family;
    this.#mode = mode;
    this.#execute = execute;
    this.#logger = logger;
    this.#slice = timeSlice(clock);
  }

  /** Whether the next sync will rewrite everything. */
  get needsFull(): boolean {
    return this.#lost;
  }

  /** Makes the kernel hold what the world wants of the changed services, or of all with `full`. Gives how many stale flows went. */
  async sync(world: World, changed: Iterable<string>, full: boolean): Promise<number> {
    const all = full || this.#lost;
    this.#lost = true;
    const keys = all ? new Set([...this.#known.keys(), ...world.services()]) : changed;
    const changes: ServiceChange[] = [];
    for (const service of keys) {
      await this.#slice.spent();
      const before = this.#known.get(service) ?? [];
      const after = world.ports(service);
      if (before.length === 0 && after.length === 0) continue;
      if (after.length > 0) this.#known.set(service, after);
      else this.#known.delete(service);
      changes.push({ service, before, after });
    }
    this.#flowChanges = this.#flowChanges.concat(changes.filter(touchesUdp));
    if (all) await this.#mode.replace(this.#known.values(), world.settings);
    else await this.#mode.update(changes);
    this.#lost = false;
    return this.#cleanFlows(world.node);
  }

  tidy(): Promise<void> {
    return this.#mode.tidy();
  }

  async #cleanFlows(node: NodeFacts): Promise<number> {
    const changes = this.#flowChanges;
    if (changes.length === 0) return 0;
    const { family } = this;
    try {
      const removed = await removeStaleFlows(this.#execute, family, expectationsOf(changes), node.addresses);
      this.#flowChanges = [];
      return removed;
    } catch (error) {
      // Rules are right all the same; the next sync tries again.
      this.#logger.warn('stale UDP flows could not be removed', { family, error: String(error) });
      return 0;
    }
  }
}

const touchesUdp = ({ before, after }: ServiceChange): boolean =>
  before.some(port => port.protocol === 'UDP') || after.some(port => port.protocol === 'UDP');
