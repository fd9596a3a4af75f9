export interface BatchResult {
  succeeded: number;
  /** The first failure; calls of later batches were not made. */
  error: unknown;
}

/**
 * Makes `count` calls in batches of 1, 2, 4 … at a time, and stops after a batch in which one failed: when each would fail for
 * the same reason, the API server is asked once and not `count` times (pkg/controller/replicaset/replica_set.go, slowStartBatch).
 */
export async function slowStartBatch(
  count: number,
  call: (index: number) => Promise<unknown>,
  options: { initial?: number; limit?: number } = {},
): Promise<BatchResult> {
  const { initial = 1, limit = Number.POSITIVE_INFINITY } = options;
  let succeeded = 0;
  let next = 0;
  for (let size = initial; next < count; size = Math.min(size * 2, limit)) {
    const batch = Array.from({ length: Math.min(size, count - next) }, (_, i) => next + i);
    next += batch.length;
    const results = await Promise.allSettled(batch.map(async index => call(index)));
    const failed = results.filter(result => result.status === 'rejected');
    succeeded += results.length - failed.length;
    if (failed.length > 0) return { succeeded, error: failed[0]!.reason };
  }
  return { succeeded, error: undefined };
}
