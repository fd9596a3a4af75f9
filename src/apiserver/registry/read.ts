import type { Registration } from '../../api/registration.ts';
import { StatusError } from '../../machinery/status-error.ts';
import { badRequest, invalid, notFound } from '../../machinery/status-errors.ts';
import { CompactedError } from '../../store/store.ts';
import type { View } from '../watch-cache/entry.ts';
import { selectionOf } from '../watch-cache/selection.ts';
import type { Watcher } from '../watch-cache/watcher.ts';
import { decodeContinue, encodeContinue } from './continue.ts';
import { type Call, type Core, keyOf } from './core.ts';

/** Query of a list or watch, as parsed. */
export interface ListQuery {
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: string;
  sendInitialEvents?: boolean;
  allowWatchBookmarks?: boolean;
  timeoutSeconds?: number;
}

export interface ListPage {
  registration: Registration;
  views: View[];
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** Throws BadRequest with upstream's text for what is no resourceVersion. */
export function parseResourceVersion(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,19}$/.test(text)) {
    throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
        field: 'resourceVersion',
      },
    ]);
  }
  return Number(text);
}

/** A resourceVersion from the future: the client is told to wait a little. */
const tooLargeVersion = (asked: number, current: number): StatusError =>
  new StatusError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });

export async function getObject(core: Core, call: Call, resourceVersion?: string): Promise<View> {
  const { registration } = call;
  const version = parseResourceVersion(resourceVersion);
  if (version !== undefined && version > core.store.revision)
    throw tooLargeVersion(version, core.store.revision);
  const cache = await core.caches.fresh(registration.storagePrefix);
  const entry = cache.get(keyOf(registration, call.namespace, call.name));
  if (!entry) throw notFound(registration, call.name);
  return entry.view(registration);
}

const forbiddenOption = (field: string, why: string) => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});
const unsupportedMatch = (value: string, supported: string[]) => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: "${value}": supported values: ${supported.map(text => `"${text}"`).join(', ')}`,
  field: 'resourceVersionMatch',
});

function checkQuery(query: ListQuery, watch: boolean): void {
  const match = query.resourceVersionMatch ?? '';
  const causes = [];
  const sends = query.sendInitialEvents !== undefined;
  if (watch) {
    if (sends && match !== 'NotOlderThan')
      causes.push(
        forbiddenOption(
          'resourceVersionMatch',
          'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
        ),
      );
    if (match && !sends)
      causes.push(
        forbiddenOption(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
        ),
      );
    if (match && match !== 'NotOlderThan') causes.push(unsupportedMatch(match, ['NotOlderThan']));
  } else {
    if (match && !query.resourceVersion)
      causes.push(
        forbiddenOption(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden unless resourceVersion is provided',
        ),
      );
    if (match && match !== 'Exact' && match !== 'NotOlderThan')
      causes.push(unsupportedMatch(match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && query.resourceVersion === '0')
      causes.push(
        forbiddenOption(
          'resourceVersionMatch',
          'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
        ),
      );
    if (sends) causes.push(forbiddenOption('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (match && query.continue)
    causes.push(
      forbiddenOption('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'),
    );
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
}

export async function listObjects(core: Core, call: Call, query: ListQuery): Promise<ListPage> {
  checkQuery(query, false);
  const { registration } = call;
  const selection = selectionOf(registration, { ...query, namespace: scopeOf(call, query) });
  const limit = query.limit ?? 0;
  const version = parseResourceVersion(query.resourceVersion);
  const prefix = `${keyOf(registration, '', '').replace(/\/+$/, '')}/${selection.namespace ? `${selection.namespace}/` : ''}`;
  if (query.continue) {
    if (version) throw badRequest('specifying resource version is not allowed when using continue');
    const token = decodeContinue(query.continue);
    const current = token.revision < 0;
    return listPast(core, registration, selection, prefix, {
      start: prefix + token.start,
      revision: current ? core.store.revision : token.revision,
      limit,
      continued: true,
    });
  }
  if (version !== undefined && version > core.store.revision)
    throw tooLargeVersion(version, core.store.revision);
  if (version && (query.resourceVersionMatch === 'Exact' || (limit > 0 && !query.resourceVersionMatch))) {
    return listPast(core, registration, selection, prefix, { revision: version, limit, continued: false });
  }
  const cache = await core.caches.fresh(registration.storagePrefix);
  const views: View[] = [];
  let last: string | undefined;
  for (const entry of cache.select(selection)) {
    if (limit > 0 && views.length === limit) {
      return pageOf(registration, selection, prefix, views, cache.revision, {
        last: last!,
        remaining: cache.count(prefix) - views.length,
      });
    }
    views.push(entry.view(registration));
    last = entry.key;
  }
  return { registration, views, resourceVersion: String(cache.revision) };
}

/** A field selector for one namespace narrows the scope of a request for all. */
function scopeOf(call: Call, query: ListQuery): string {
  if (call.namespace || !query.fieldSelector || !call.registration.namespaced) return call.namespace;
  const wanted = /(?:^|,)metadata\.namespace==?([a-z0-9-]+)(?:,|$)/.exec(query.fieldSelector);
  return wanted?.[1] ?? '';
}

function pageOf(
  registration: Registration,
  selection: ReturnType<typeof selectionOf>,
  prefix: string,
  views: View[],
  revision: number,
  more: { last: string; remaining: number },
): ListPage {
  return {
    registration,
    views,
    resourceVersion: String(revision),
    continue: encodeContinue(`${more.last.slice(prefix.length)}\0`, revision),
    ...(selection.whole ? { remainingItemCount: more.remaining } : {}),
  };
}

/** From the store's history: further pages of a list, and lists at an exact revision. */
async function listPast(
  core: Core,
  registration: Registration,
  selection: ReturnType<typeof selectionOf>,
  prefix: string,
  options: { start?: string; revision: number; limit: number; continued: boolean },
): Promise<ListPage> {
  const { limit, revision } = options;
  const views: View[] = [];
  let start = options.start;
  for (;;) {
    const page = selection.whole ? limit : Math.max(limit, limit && 500);
    const result = await core.store.range(prefix, { start, limit: page, revision }).catch(error => {
      if (!(error instanceof CompactedError)) throw error;
      throw expiredPage(core, options, prefix);
    });
    let taken = 0;
    for (const kv of result.kvs) {
      taken++;
      const view = core.caches.entryOf(registration.storagePrefix, kv).view(registration);
      if (!selection.matches(view.object)) continue;
      views.push(view);
      if (limit === 0 || views.length < limit) continue;
      const remaining = result.count - taken;
      if (remaining === 0) break;
      return pageOf(registration, selection, prefix, views, revision, { last: kv.key, remaining });
    }
    if (!result.more) return { registration, views, resourceVersion: String(revision) };
    start = `${result.kvs.at(-1)!.key}\0`;
  }
}

/** Upstream's two 410s: for a token that can still go on inconsistently, and for an exact revision. */
function expiredPage(
  core: Core,
  options: { start?: string; revision: number; continued: boolean },
  prefix: string,
): StatusError {
  if (!options.continued)
    return new StatusError('Expired', `The resourceVersion for the provided list is too old.`);
  const token = encodeContinue((options.start ?? prefix).slice(prefix.length), -1);
  const error = new StatusError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  core.logger.debug('continue token expired', { revision: options.revision });
  return Object.assign(error, { continueToken: token });
}

/** Starts a watch. Events after `resourceVersion`; from the present state without one. Throws Expired when they are gone. */
export async function watchObjects(core: Core, call: Call, query: ListQuery): Promise<Watcher> {
  const version = parseResourceVersion(query.resourceVersion) ?? 0;
  checkQuery(query, true);
  const { registration } = call;
  const selection = selectionOf(registration, { ...query, namespace: scopeOf(call, query) });
  const initial = query.sendInitialEvents ?? version === 0;
  const { storagePrefix } = registration;
  const cache = await (initial
    ? core.caches.atLeast(storagePrefix, version || core.store.revision)
    : core.caches.following(storagePrefix, version || core.store.revision));
  // Upstream keeps "any version" and "most recent" apart; here both are the most recent.
  const since = version === 0 ? cache.revision : version;
  return cache.watch(selection, {
    since,
    initial,
    initialEnd: initial && query.allowWatchBookmarks === true,
    bookmarks: query.allowWatchBookmarks === true,
  });
}
