// A server over the store in argv[2] whose objects are written until it is killed; says on stdout each write that was acknowledged.
import { configmaps } from '../api/generated/resources/core.v1.ts';
import { realClock } from '../platform/clock.ts';
import { createEmbeddedStore } from '../store/embedded.ts';
import { anyone } from './permissive.ts';
import { startTestServer } from './testing.ts';

const store = await createEmbeddedStore({ directory: process.argv[2]! });
const server = await startTestServer({ clock: realClock, store });
const client = server.client(anyone);

/** Creates, updates and deletes, again and again; every third object has the label, and loses it. */
async function write(writer: number): Promise<void> {
  for (let i = 0; ; i++) {
    const metadata = { name: `m${writer}-${i % 7}`, namespace: 'default' };
    const labels: Record<string, string> = i % 3 === 0 ? { mine: 'yes' } : {};
    const made = await client.create(configmaps, { metadata: { ...metadata, labels }, data: { i: `${i}` } });
    process.stdout.write(`ADDED ${metadata.name} ${made.metadata.resourceVersion}\n`);
    const changed = await client.update(configmaps, { metadata, data: { i: `${i}`, changed: 'yes' } });
    process.stdout.write(`MODIFIED ${metadata.name} ${changed.metadata.resourceVersion}\n`);
    if (i % 7 !== 6) await client.delete(configmaps, metadata.name, 'default');
    else
      for (let j = 0; j < 7; j++)
        await client.delete(configmaps, `m${writer}-${j}`, 'default').catch(() => {});
  }
}

await Promise.all([0, 1, 2, 3].map(write));
