// `npm run build`: what the published package runs. TypeScript compiled to dist/, and beside it the data files that it reads.
import { cpSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runIn } from '../bin/setup/node.mjs';
import { setUpPackages } from '../bin/setup/packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
setUpPackages(root);
rmSync('dist', { recursive: true, force: true });
const code = await runIn('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json']);
if (code !== 0) process.exit(code);
for (const file of globSync('src/**/*.{json,proto}')) {
  mkdirSync(dirname(join('dist', file)), { recursive: true });
  cpSync(file, join('dist', file));
}
