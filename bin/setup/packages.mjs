import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, say } from './error.mjs';
import { projectNode } from './node.mjs';

const hashOf = files => {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
};

const stamped = (file, value) => existsSync(file) && readFileSync(file, 'utf8') === value;

/** Standard output is the command's own: what the steps print goes to standard error. */
function run(program, args, root) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error || status !== 0) {
    throw new SetupError(
      `${program} ${args.join(' ')} ${error ? `cannot be run: ${error.message}` : `ended with ${status}`}`,
    );
  }
}

/** In a checkout: the npm packages as the lock file has them, and the sources that are generated from one of them. */
export function setUpPackages(root) {
  const modules = join(root, 'node_modules');
  const lock = hashOf([join(root, 'package-lock.json')]);
  const lockStamp = join(modules, '.tsukube-packages');
  if (!stamped(lockStamp, lock)) {
    say(
      existsSync(modules)
        ? 'npm packages differ from package-lock.json: npm ci'
        : 'npm packages are not installed: npm ci',
    );
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], root);
    writeFileSync(lockStamp, lock);
  }
  const generator = join(root, 'scripts', 'generate');
  const sources = readdirSync(generator)
    .filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .sort()
    .map(name => join(generator, name));
  const made = hashOf([join(root, 'package-lock.json'), ...sources]);
  const madeStamp = join(root, 'src', 'api', 'generated', '.stamp');
  if (!stamped(madeStamp, made)) {
    say('types and schema are generated from the official client');
    run(projectNode(root), [join(generator, 'main.ts')], root);
    mkdirSync(join(root, 'src', 'api', 'generated'), { recursive: true });
    writeFileSync(madeStamp, made);
  }
}
