// What the four modes have in common. A mode is a planner (pure) and an executor (thin) for one family.
import type { Clock } from '../../machinery/clock.ts';
import type { Logger } from '../../machinery/logger.ts';
import type { Execute } from '../execute.ts';
import type { Family, ServiceChange, ServicePort } from '../model/types.ts';

/** What holds for all services of one family on this node. CIDR lists are disjoint and of that family. */
export interface ModeSettings {
  /** Pods' sources: not masqueraded towards cluster IPs, and free to use every endpoint under external policy Local. */
  readonly clusterCIDRs: readonly string[];
  /** Addresses in here that no Service has are dropped. */
  readonly serviceCIDRs: readonly string[];
  /** Which of the node's local addresses answer on node ports. */
  readonly nodePortRanges: readonly string[];
  readonly masqueradeAll: boolean;
}

export interface Mode {
  /**
   * Makes the kernel hold exactly these services, in one step for the traffic: at the start, when settings change,
   * to heal, and after a failure. Established connections and affinity live on.
   */
  replace(services: Iterable<readonly ServicePort[]>, settings: ModeSettings): Promise<void>;
  /** Applies changes to what was last made; costs what the changed services cost. After a throw only `replace` is allowed. */
  update(changes: readonly ServiceChange[]): Promise<void>;
  /** Removes what is no longer used; called now and then when idle, and never needed for correctness. */
  tidy(): Promise<void>;
}

export interface ModeContext {
  readonly execute: Execute;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A proxy mode as data: `modes/all.ts` lists them by the name that `--proxy-mode` takes. */
export interface ModeKind {
  /** Throws one clear line naming what the kernel or the machine lacks. */
  check(context: ModeContext, family: Family): Promise<void>;
  create(context: ModeContext, family: Family): Mode;
  /** Removes all that this mode ever made for the family; quiet when there is nothing. */
  cleanup(context: ModeContext, family: Family): Promise<void>;
}
