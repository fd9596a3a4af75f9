import { timeSlice } from '../../../client/time-slice.ts';
import type { Family, ServiceChange } from '../../model/types.ts';
import type { Mode, ModeContext, ModeKind } from '../mode.ts';
import { createNft } from './executor.ts';
import { chainLayouts, layoutMark } from './layout.ts';
import { addition, Planner } from './plan.ts';
import { removalText } from './plan-base.ts';
import { checkNftables } from './supported.ts';
import { wordsOf } from './words.ts';

/** Services planned between two looks at the clock. */
const batch = 100;

function create({ execute, logger, clock }: ModeContext, family: Family): Mode {
  const words = wordsOf(family);
  const nft = createNft(execute, words);
  const planner = new Planner(words);
  const mark = layoutMark(words);
  /** A table that once refused to be refilled is made anew. */
  let fresh = false;
  const slice = timeSlice(clock);

  /** Plans everything without keeping others waiting. */
  const planAll: (...args: Parameters<Planner['replace']>) => Promise<string> = async (
    services,
    settings,
    options,
  ) => {
    const parts = [planner.begin(settings, options)];
    let changes: ServiceChange[] = [];
    for (const ports of services) {
      changes.push(addition(ports));
      if (changes.length < batch) continue;
      parts.push(planner.update(changes));
      changes = [];
      await slice.spent();
    }
    parts.push(planner.update(changes));
    return parts.join('');
  };

  return {
    async replace(services, settings) {
      const existing = await nft.chains();
      const fixed = new Set([mark, ...chainLayouts(words, settings).map(({ name }) => name)]);
      const reusable = !fresh && existing.includes(mark);
      fresh = true;
      const leftover = existing.filter(name => !fixed.has(name));
      await nft.apply(await planAll(services, settings, { fresh: !reusable, leftover }));
      fresh = false;
    },
    update: changes => nft.apply(planner.update(changes)),
    async tidy() {
      const { text, chains } = planner.tidy();
      if (chains.length === 0) return;
      try {
        await nft.apply(text);
        planner.tidied(chains);
      } catch (cause) {
        // The kernel lets go of a verdict's chain some time after its element (kubernetes#128829); later will do.
        logger.debug('chains are still in use', { chains, cause });
      }
    },
  };
}

/** nftables mode: one table a family, a constant number of rules, services as elements of maps. */
export const nftables: ModeKind = {
  check: ({ execute }, family) => checkNftables(createNft(execute, wordsOf(family)), family),
  create,
  async cleanup({ execute }, family) {
    const words = wordsOf(family);
    await createNft(execute, words).apply(removalText(words));
  },
};
