import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { UserError } from '../cluster/errors.ts';
import { isPort, parsePublish } from '../cluster/ports.ts';
import type { Published } from '../cluster/state.ts';

export interface UpConfig {
  name?: string;
  nodes?: number;
  proxyMode?: string;
  apiPort?: number;
  publish?: Published[];
}

type Check = (value: unknown) => unknown;

const fail = (what: string): never => {
  throw new UserError(what);
};

const readers: Record<keyof UpConfig, Check> = {
  name: value => (typeof value === 'string' ? value : fail('name must be a string')),
  nodes: value => (Number.isInteger(value) ? value : fail('nodes must be a whole number')),
  proxyMode: value => (typeof value === 'string' ? value : fail('proxyMode must be a string')),
  apiPort: value => (isPort(value as number) ? value : fail('apiPort must be a port number')),
  publish: value =>
    Array.isArray(value)
      ? value.map(each => parsePublish(String(each)))
      : fail('publish must be a list of HOSTPORT:NODEPORT'),
};

/** Reads `--config FILE`; unknown keys and wrong types are refused with the file's name. */
export function readUpConfig(file: string): UpConfig {
  let parsed: unknown;
  try {
    parsed = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${(error as Error).message.split('\n')[0]}`);
  }
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed))
    throw new UserError(`${file}: options as "key: value" are expected`);
  const config: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(parsed)) {
    const reader = (readers as Record<string, Check | undefined>)[key];
    if (!reader)
      throw new UserError(`${file}: unknown option "${key}"; there are: ${Object.keys(readers).join(', ')}`);
    try {
      config[key] = reader(value);
    } catch (error) {
      throw error instanceof UserError ? new UserError(`${file}: ${error.message}`) : error;
    }
  }
  return config;
}
