// Runs the suites with Node's own test runner and adds up its counts.
import { globSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** `concurrency`: test files at once. What talks to a kernel or a cluster runs alone. */
const suites = [
  { name: 'unit', patterns: ['src/**/*.test.ts', 'scripts/**/*.test.ts'], concurrency: 2 },
  { name: 'integration', patterns: ['test/integration/**/*.test.ts'], concurrency: 2 },
  { name: 'e2e', patterns: ['test/e2e/**/*.test.ts'], concurrency: 1 },
];

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const chosen = process.argv.slice(2);

for (const suite of suites) {
  const files = globSync(suite.patterns)
    .filter(file => chosen.length === 0 || chosen.some(part => file.includes(part)))
    .sort();
  if (files.length === 0) continue;
  console.log(`\n== ${suite.name}: ${files.length} files`);
  const stream = run({ files, concurrency: suite.concurrency, timeout: 300_000, forceExit: true });
  stream.on('test:pass', event => {
    if (event.details.type === 'suite') return;
    if (event.skip !== undefined) counts.skipped++;
    else counts.passed++;
  });
  stream.on('test:fail', event => {
    if (event.details.type === 'suite') return;
    counts.failed++;
    failures.push(`${event.file ?? ''}: ${event.name}`);
  });
  const report = stream.compose(spec);
  report.pipe(process.stdout, { end: false });
  await finished(report);
}

if (failures.length > 0) console.log(`\nfailed:\n${failures.map(each => `  ${each}`).join('\n')}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0);
