import { type Random, randomSuffix } from './random.ts';

/** Names made from generateName are no longer than this (apiserver pkg/storage/names). */
export const maxNameLength = 63;
const suffixLength = 5;

/** `prefix` and five random characters; the prefix is cut where the name would grow too long. */
export const generateName = (random: Random, prefix: string): string =>
  prefix.slice(0, maxNameLength - suffixLength) + randomSuffix(random, suffixLength);
