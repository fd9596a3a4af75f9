// Writes to the store in argv[2] until it is killed; says on stdout each write that was acknowledged: `key revision value`.
import { createEmbeddedStore } from './embedded.ts';

const [, , directory = '', run = ''] = process.argv;
const store = await createEmbeddedStore({ directory });
process.stdout.write('open\n');
const encoder = new TextEncoder();

async function write(writer: number): Promise<void> {
  for (let i = 0; ; i++) {
    const key = `/crash/${writer}/${i % 50}`;
    const value = `${run}-${writer}-${i}-${'x'.repeat((i * 37) % 3000)}`;
    const before = await store.get(key);
    const result = await store.txn(
      [{ key, modRevision: before?.modRevision ?? 0 }],
      [
        { type: 'put', key, value: encoder.encode(value) },
        { type: 'put', key: `/last/${writer}`, value: encoder.encode(value) },
      ],
    );
    if (!result.succeeded) throw new Error(`${key} was written by someone else`);
    process.stdout.write(`${key} ${result.revision} ${value}\n`);
  }
}

await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write));
