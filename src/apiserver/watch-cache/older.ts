import { StatusError } from '../../machinery/status-error.ts';
import { CompactedError, type Store, type StoreEvent } from '../../store/store.ts';
import { tooOld, type WatchCache } from './cache.ts';

/**
 * Lets watches of a cache start at `since`, from before the cache was filled: a server that starts anew knows from its
 * store what happened while no one, or another, was here. Throws Expired where the store has forgotten that too.
 */
export async function readOlder(
  cache: WatchCache,
  since: number,
  { store, signal }: { store: Store; signal: AbortSignal },
): Promise<void> {
  const history: StoreEvent[] = [];
  try {
    for await (const batch of store.watch(cache.prefix, { fromRevision: since + 1, signal })) {
      history.push(...batch.events);
      // The floor may rise meanwhile: read on until there is no gap.
      if (batch.revision < cache.floor) continue;
      if (since < cache.floor) cache.prepend(since, history);
      return;
    }
  } catch (error) {
    if (error instanceof CompactedError) throw tooOld(since, error.compactRevision);
    throw error;
  }
  throw new StatusError('ServiceUnavailable', 'the server is shutting down');
}
