import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchedule } from './schedule.ts';

const next = (schedule: string, after: string, zone?: string): string | undefined => {
  const time = parseSchedule(schedule, zone).next(Date.parse(after));
  return time === undefined ? undefined : new Date(time).toISOString().slice(0, 16);
};

const rows: [schedule: string, after: string, expected: string | undefined, zone?: string][] = [
  ['*/5 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:05'],
  ['*/5 * * * *', '2026-01-01T00:04:59Z', '2026-01-01T00:05'],
  ['0 12 * * MON-FRI', '2026-01-02T12:00:00Z', '2026-01-05T12:00'],
  ['0 0 13 * 5', '2026-01-01T00:00:00Z', '2026-01-02T00:00'],
  ['30 4 1,15 * *', '2026-01-02T00:00:00Z', '2026-01-15T04:30'],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00'],
  ['0 0 30 2 *', '2026-01-01T00:00:00Z', undefined],
  ['@monthly', '2026-01-01T00:00:00Z', '2026-02-01T00:00'],
  ['@every 90m', '2026-01-01T00:00:00Z', '2026-01-01T01:30'],
  ['10-20/5 8-9 * jan,mar ?', '2026-01-01T08:16:00Z', '2026-01-01T08:20'],
  ['0 9 * * *', '2026-01-01T00:00:00Z', '2026-01-01T08:00', 'Europe/Berlin'],
  ['0 9 * * *', '2026-07-01T00:00:00Z', '2026-07-01T07:00', 'Europe/Berlin'],
  ['0 9 * * *', '2026-03-28T23:30:00Z', '2026-03-29T07:00', 'Europe/Berlin'],
  ['0 0 * * *', '2026-01-01T00:00:00Z', '2026-01-01T18:30', 'Asia/Kolkata'],
];
for (const [schedule, after, expected, zone] of rows)
  test(`${schedule} after ${after}${zone ? ` in ${zone}` : ''}`, () =>
    assert.equal(next(schedule, after, zone), expected));

test('what is no schedule is refused', () => {
  for (const text of [
    '* * * *',
    '60 * * * *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
    'a * * * *',
    '@often',
    '@every x',
  ])
    assert.throws(() => parseSchedule(text), Error, text);
  assert.throws(() => parseSchedule('* * * * *', 'Mars/Olympus'), RangeError);
});
