import type { ModeKind } from './mode.ts';
import { nftables } from './nftables/nftables.ts';

/** Every proxy mode, by the name that `--proxy-mode` takes. */
export const modes = { nftables } satisfies Record<string, ModeKind>;

export type ModeName = keyof typeof modes;
