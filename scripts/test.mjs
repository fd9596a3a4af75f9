// `npm test`: sets up whatever is missing, checks types and style, then runs every test. `npm test -- PATTERN…` runs some.
// The suites run one after another, so that what measures packets is not disturbed by what burns CPU; the last line is the sum.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { projectNode, runIn } from '../bin/setup/node.mjs';
import { setUpPackages } from '../bin/setup/packages.mjs';
import { setUpSystem } from '../bin/setup/system.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
try {
  setUpPackages(root);
  setUpSystem('test');
} catch (error) {
  if (error?.name !== 'SetupError') throw error;
  console.error(`tsukube: ${error.message}`);
  process.exit(1);
}
const node = projectNode(root);
const patterns = process.argv.slice(2);
if (patterns.length === 0) {
  for (const [tool, ...args] of [
    ['tsc', '--noEmit'],
    ['biome', 'check', '.'],
  ]) {
    const bin = `node_modules/.bin/${tool}`;
    if (!existsSync(bin)) throw new Error(`${bin} is not there: remove node_modules and try again`);
    const code = await runIn(bin, args);
    if (code !== 0) process.exit(code);
  }
}
process.exit(
  await runIn(node, ['--disable-warning=ExperimentalWarning', 'scripts/test/run.ts', ...patterns]),
);
