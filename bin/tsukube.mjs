#!/usr/bin/env node
// The command's first step, in plain JavaScript for the Node.js that happens to be there (>= 20): sets up what is missing
// and goes on in the Node.js that the project brings along.
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cacheFolder } from './setup/cache.mjs';
import { projectNode, runIn } from './setup/node.mjs';
import { setUpPackages } from './setup/packages.mjs';
import { setUpSystem } from './setup/system.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// A checkout runs its TypeScript; the published package has it compiled, and no sources.
const checkout = existsSync(`${root}src/cli/main.ts`);
const main = checkout ? `${root}src/cli/main.ts` : `${root}dist/src/cli/main.js`;
const args = process.argv.slice(2);

try {
  if (checkout) setUpPackages(root);
  if (args[0] === 'up' && !args.includes('--help') && !args.includes('-h')) setUpSystem('up');
  const node = projectNode(root);
  if (node === process.execPath) {
    process.argv[1] = main;
    // Compiled code is kept between runs: a third of the time to start, and less memory.
    module.enableCompileCache?.(cacheFolder());
    await import(pathToFileURL(main).href);
  } else {
    process.exitCode = await runIn(node, [main, ...args]);
  }
} catch (error) {
  if (error?.name !== 'SetupError') throw error;
  process.stderr.write(`tsukube: ${error.message}\n`);
  process.exitCode = 1;
}
