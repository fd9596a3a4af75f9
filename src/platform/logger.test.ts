import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './logger.ts';

test('a line is JSON with component, fields and errors, and no input makes it throw', () => {
  const lines: string[] = [];
  const logger = createLogger(line => lines.push(line))
    .child('proxy')
    .child('nftables');
  logger.debug('dropped');
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  logger.warn('sync failed', { error: new Error('no room', { cause: new Error('disk') }), count: 3n });
  logger.info('odd', { cyclic });
  const [first, second] = lines.map(line => JSON.parse(line));
  assert.equal(lines.length, 2);
  assert.equal(first.component, 'proxy/nftables');
  assert.equal(first.error.error, 'no room');
  assert.equal(first.error.cause.error, 'disk');
  assert.equal(first.count, '3');
  assert.match(second.unloggable, /circular/);
});
