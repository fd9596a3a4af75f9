import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where Node.js keeps compiled code, beside what else can be made again (XDG). */
export function cacheFolder(env = process.env) {
  const base = env.XDG_CACHE_HOME?.startsWith('/')
    ? env.XDG_CACHE_HOME
    : join(env.HOME || homedir(), '.cache');
  return join(base, 'tsukube', 'compiled');
}
