// Distributing endpoints over slices with as few writes as possible (upstream: staging/src/k8s.io/endpointslice/reconciler.go).
import type { V1Endpoint, V1EndpointSlice } from '../../api/generated/types.ts';
import { semanticEqual } from '../../machinery/equality.ts';
import type { Stored } from '../../machinery/object.ts';

export type Slice = Stored<V1EndpointSlice>;

export interface SliceChanges {
  create: V1EndpointSlice[];
  update: Slice[];
  remove: Slice[];
}

const identities = new WeakMap<V1Endpoint, string>();

/** Endpoints with the same identity are the same one, whatever its condition. Kept for each (shared, unchanging) object. */
function identity(endpoint: V1Endpoint): string {
  let text = identities.get(endpoint);
  if (text === undefined) {
    const { addresses = [], hostname = '', targetRef } = endpoint;
    text = [...addresses.toSorted(), hostname, targetRef?.namespace ?? '', targetRef?.name ?? ''].join('\n');
    identities.set(endpoint, text);
  }
  return text;
}

/** What a stored endpoint was last found to be the same as. */
const matched = new WeakMap<V1Endpoint, V1Endpoint>();

function isSame(stored: V1Endpoint, wanted: V1Endpoint): boolean {
  if (matched.get(stored) === wanted) return true;
  if (!semanticEqual(stored, wanted)) return false;
  matched.set(stored, wanted);
  return true;
}

interface Draft {
  slice: Slice;
  endpoints: V1Endpoint[];
  changed: boolean;
}

/**
 * Changes that make `existing` slices (of one port set and family) hold exactly `desired`. Endpoints stay in their slice; what changed is
 * updated in place; new ones fill slices that are written anyway, then the one slice that they fill best, then new slices from `make`.
 * `isCurrent` says whether a slice's metadata is as it should be; `refresh` corrects it.
 */
export function packSlices(options: {
  existing: readonly Slice[];
  desired: readonly V1Endpoint[];
  maxPerSlice: number;
  make: () => V1EndpointSlice;
  isCurrent: (slice: Slice) => boolean;
  refresh: (slice: Slice, endpoints: V1Endpoint[]) => Slice;
}): SliceChanges {
  const { maxPerSlice, make, refresh } = options;
  const wanted = new Map(options.desired.map(endpoint => [identity(endpoint), endpoint]));
  const drafts: Draft[] = [];
  const remove: Slice[] = [];
  for (const slice of options.existing) {
    const endpoints: V1Endpoint[] = [];
    let changed = !options.isCurrent(slice);
    for (const endpoint of slice.endpoints ?? []) {
      const key = identity(endpoint);
      const next = wanted.get(key);
      if (!next) {
        changed = true;
        continue;
      }
      wanted.delete(key);
      const same = isSame(endpoint, next);
      if (!same) changed = true;
      endpoints.push(same ? endpoint : next);
    }
    if (endpoints.length === 0) remove.push(slice);
    else drafts.push({ slice, endpoints, changed });
  }

  const left = [...wanted.values()];
  const fill = (endpoints: V1Endpoint[]): void => {
    endpoints.push(...left.splice(0, maxPerSlice - endpoints.length));
  };
  const written = drafts.filter(draft => draft.changed);
  written.sort((a, b) => b.endpoints.length - a.endpoints.length);
  for (const draft of written) if (left.length > 0) fill(draft.endpoints);

  const create: V1EndpointSlice[] = [];
  while (left.length > 0) {
    const best = left.length < maxPerSlice ? bestFit(drafts, left.length, maxPerSlice) : undefined;
    if (best) {
      best.changed = true;
      fill(best.endpoints);
      continue;
    }
    const endpoints: V1Endpoint[] = [];
    fill(endpoints);
    // A slice that would go serves for one that would come: one write instead of two.
    const reused = remove.shift();
    if (reused) drafts.push({ slice: reused, endpoints, changed: true });
    else create.push({ ...make(), endpoints });
  }
  const update = drafts.filter(draft => draft.changed).map(draft => refresh(draft.slice, draft.endpoints));
  return { create, update, remove };
}

/** The untouched slice that is fullest when `count` endpoints have joined it. */
function bestFit(drafts: readonly Draft[], count: number, maxPerSlice: number): Draft | undefined {
  let best: Draft | undefined;
  for (const draft of drafts) {
    if (draft.changed || draft.endpoints.length + count > maxPerSlice) continue;
    if (!best || draft.endpoints.length > best.endpoints.length) best = draft;
  }
  return best;
}
