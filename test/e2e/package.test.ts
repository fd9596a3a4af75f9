// The published package works where it is installed: compiled, without the sources, with a system Node.js as old as allowed.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from './harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('npm pack gives a package that makes a cluster', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsukube-package-'));
  const env = {
    ...process.env,
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    KUBECONFIG: join(folder, 'kubeconfig'),
  };
  const must = async (program: string, args: string[], cwd = folder): Promise<string> => {
    const outcome = await run('sh', ['-c', 'cd "$0" && exec "$@"', cwd, program, ...args], {
      env,
      timeoutMs: 300_000,
    });
    assert.equal(outcome.code, 0, `${program} ${args.join(' ')}\n${outcome.stdout}\n${outcome.stderr}`);
    return outcome.stdout;
  };
  const tsukube = join(folder, 'node_modules', '.bin', 'tsukube');
  try {
    await must('npm', ['pack', '--pack-destination', folder], root);
    const tarball = readdirSync(folder).find(name => name.endsWith('.tgz'))!;
    const listed = await must('tar', ['-tzf', join(folder, tarball)]);
    assert.ok(!/\.test\.|package\/src\//.test(listed), 'no tests and no sources');
    await must('npm', ['init', '-y']);
    await must('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', join(folder, tarball)]);
    assert.match(await must(tsukube, ['version']), /^tsukube \d/);
    try {
      await must(tsukube, ['up', '--name', 'packed']);
      await must('kubectl', ['create', 'deployment', 'myapp', '--image=tsukube.local/myapp:v1']);
      await must('kubectl', ['rollout', 'status', 'deployment/myapp', '--timeout=60s']);
      await must('kubectl', ['create', 'svc', 'clusterip', 'myapp', '--tcp=80:80']);
      assert.match(
        await must(tsukube, [
          'shell',
          '--name',
          'packed',
          '--',
          'curl',
          '-s',
          '-m',
          '5',
          '--retry',
          '3',
          '--retry-all-errors',
          'http://myapp/',
        ]),
        /Hello MyApp/,
      );
    } finally {
      await run(tsukube, ['down', '--name', 'packed'], { env });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
