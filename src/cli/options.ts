import { InvalidArgumentError, Option } from 'commander';
import { UserError } from '../cluster/errors.ts';
import { isPort, parsePublish } from '../cluster/ports.ts';
import type { Published } from '../cluster/state.ts';

export const defaultName = 'tsukube';

/** `--name`, which every command takes. */
export const nameOption = (): Option =>
  new Option('--name <name>', 'name of the cluster').default(defaultName);

/** A whole number, for commander. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

export function port(text: string): number {
  const value = wholeNumber(text);
  if (!isPort(value)) throw new InvalidArgumentError('It must be a port number, 1 to 65535.');
  return value;
}

/** Gathers `--publish` options. */
export function publish(text: string, before: Published[] = []): Published[] {
  try {
    return [...before, parsePublish(text)];
  } catch (error) {
    if (error instanceof UserError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
