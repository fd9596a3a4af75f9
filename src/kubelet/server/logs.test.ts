import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { realClock } from '../../platform/clock.ts';
import { parseLogLine } from './log-format.ts';
import { type LogOptions, readLog } from './logs.ts';

const plain: LogOptions = {
  follow: false,
  timestamps: false,
  tailLines: undefined,
  since: undefined,
  limitBytes: undefined,
  stream: 'All',
};
const time = (second: number): string => `2026-01-01T00:00:0${second}.000000000Z`;

async function collect(path: string, options: Partial<LogOptions>, running = () => false): Promise<string> {
  let text = '';
  const source = { path, clock: realClock, running, signal: new AbortController().signal };
  for await (const chunk of readLog(source, { ...plain, ...options })) text += chunk;
  return text;
}

test("lines of the runtime's log format", () => {
  assert.deepEqual(parseLogLine(`${time(1)} stdout F hello  world `), {
    time: time(1),
    stream: 'stdout',
    content: 'hello  world \n',
  });
  assert.equal(parseLogLine(`${time(1)} stderr P half`)?.content, 'half');
  assert.equal(parseLogLine(`${time(1)} stdout F `)?.content, '\n');
  assert.equal(parseLogLine('nonsense'), undefined);
});

test('a log by its end, its age, its size, its parts', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'logs-'));
  const path = join(directory, '0.log');
  try {
    await writeFile(
      path,
      `${time(1)} stdout F one\n${time(2)} stderr P tw\n${time(2)} stderr F o\n${time(3)} stdout F three\n`,
    );
    assert.equal(await collect(path, {}), 'one\ntwo\nthree\n');
    assert.equal(await collect(path, { tailLines: 1 }), 'three\n');
    assert.equal(await collect(path, { tailLines: 100 }), 'one\ntwo\nthree\n');
    assert.equal(await collect(path, { since: Date.parse(time(2)) }), 'two\nthree\n');
    assert.equal(await collect(path, { timestamps: true, stream: 'Stderr' }), `${time(2)} two\n`);
    assert.equal(await collect(path, { limitBytes: 6 }), 'one\ntw');
    await writeFile(
      path,
      Array.from({ length: 20_000 }, (_, i) => `${time(1)} stdout F line ${i}\n`).join(''),
    );
    assert.equal(await collect(path, { tailLines: 2 }), 'line 19998\nline 19999\n');
    assert.equal((await collect(path, { tailLines: 15_000 })).split('\n').length - 1, 15_000);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('following goes on through a rotation and ends with the container', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'logs-'));
  const path = join(directory, '0.log');
  try {
    await writeFile(path, `${time(1)} stdout F one\n`);
    let running = true;
    const all = collect(path, { follow: true }, () => running);
    await appendFile(path, `${time(2)} stdout F two\n`);
    await rename(path, `${path}.old`);
    await appendFile(`${path}.old`, `${time(3)} stdout F three\n`);
    await writeFile(path, `${time(4)} stdout F four\n`);
    await appendFile(path, `${time(5)} stdout F five\n`);
    running = false;
    await appendFile(path, '');
    assert.equal(await all, 'one\ntwo\nthree\nfour\nfive\n');
  } finally {
    await rm(directory, { recursive: true });
  }
});
