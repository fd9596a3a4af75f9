import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { headerDictionary } from './dictionary.ts';
import { controlFrame, dataFrames, FrameReader } from './frames.ts';
import { HeaderCodec, type Headers } from './headers.ts';

test('the dictionary is the one of the specification', () => {
  assert.equal(headerDictionary.length, 1423);
  const digest = createHash('sha256').update(headerDictionary).digest('hex');
  assert.equal(digest, '51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02');
});

test('headers come back, block after block of one stream', async () => {
  const sender = new HeaderCodec();
  const receiver = new HeaderCodec();
  const blocks: Headers[] = [
    { streamtype: 'error' },
    { streamtype: 'data', port: '80' },
    {},
    { streamtype: 'ü'.repeat(500) },
  ];
  for (const headers of blocks)
    assert.deepEqual(await receiver.decompress(await sender.compress(headers)), headers);
  await assert.rejects(receiver.decompress(Buffer.from('no zlib at all')));
});

test('frames are found again however their bytes arrive', () => {
  const data = Buffer.alloc(150_000, 'x');
  const bytes = Buffer.concat([
    controlFrame(6, 0, Buffer.from([0, 0, 0, 2])),
    ...dataFrames(5, data, true),
    ...dataFrames(7, new Uint8Array(), true),
  ]);
  for (const size of [13, 4096, bytes.length]) {
    const reader = new FrameReader();
    const received: Buffer[] = [];
    const ends: number[] = [];
    let pings = 0;
    for (let at = 0; at < bytes.length; at += size)
      for (const frame of reader.push(bytes.subarray(at, at + size))) {
        if (frame.kind === 'control') pings += frame.type === 6 ? 1 : 0;
        else {
          received.push(Buffer.from(frame.data));
          if (frame.fin) ends.push(frame.streamId);
        }
      }
    assert.equal(pings, 1);
    assert.deepEqual(Buffer.concat(received), data);
    assert.deepEqual(ends, [5, 7]);
  }
});
