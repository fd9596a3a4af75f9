// The answer's form: JSON or YAML, whole objects, Tables or metadata only; lists are put together from bytes that exist.
import { type IncludeObject, partialText, tableText } from '../../api/printing/table.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { Clock } from '../../machinery/clock.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { badRequest, notAcceptable } from '../../machinery/status-errors.ts';
import type { ApiResult } from '../api-request.ts';
import type { ListPage } from '../registry/read.ts';
import { concat, decodeText, encodeJson, encodeText } from '../watch-cache/encoding.ts';
import type { View } from '../watch-cache/entry.ts';
import { bytesResponse, type HttpResponse } from './exchange.ts';
import type { MediaType } from './negotiation.ts';
import { watchResponse } from './watch-stream.ts';

export interface Form {
  media: MediaType;
  pretty: boolean;
  include: IncludeObject;
  clock: Clock;
}

/** Reads `includeObject`, which goes with Tables. */
export function includeOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? 'Metadata';
  if (value !== 'None' && value !== 'Metadata' && value !== 'Object')
    throw badRequest(`unrecognized includeObject value: "${value}"`);
  return value;
}

const openBrace = encodeText('{');
const itemSeparator = encodeText(',{');
const listEnd = encodeText(']}');

const listMetadata = (page: ListPage): Record<string, unknown> => ({
  resourceVersion: page.resourceVersion,
  ...(page.continue ? { continue: page.continue } : {}),
  ...(page.remainingItemCount !== undefined ? { remainingItemCount: page.remainingItemCount } : {}),
});

function listBytes(page: ListPage): Uint8Array {
  const { registration, views } = page;
  const head = `{"kind":"${registration.listKind}","apiVersion":"${apiVersionOf(registration)}","metadata":${JSON.stringify(listMetadata(page))},"items":[`;
  const parts: Uint8Array[] = [encodeText(head)];
  let first = true;
  for (const view of views) {
    parts.push(first ? openBrace : itemSeparator, view.itemTail);
    first = false;
  }
  parts.push(listEnd);
  return concat(parts);
}

const partialList = (page: ListPage, version: string): Uint8Array =>
  encodeText(
    `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(listMetadata(page))},"items":[${page.views.map(view => partialText(view, version)).join(',')}]}`,
  );

const tableForm = (form: Form, headers: boolean) => ({
  version: form.media.version,
  include: form.include,
  now: form.clock.now(),
  headers,
});

function viewBytes(form: Form, result: { registration: ListPage['registration']; view: View }): Uint8Array {
  const { media } = form;
  const { registration, view } = result;
  if (media.shape === 'object') return view.bytes;
  if (media.shape === 'metadata') return encodeText(partialText(view, media.version));
  if (media.shape === 'table') {
    const { resourceVersion } = view.object.metadata;
    return encodeText(tableText(registration, [view], { resourceVersion }, tableForm(form, true)));
  }
  throw notAcceptable(
    `only the following media types are accepted when converting to PartialObjectMetadataList.${media.version}.meta.k8s.io: application/json, application/yaml`,
  );
}

function pageBytes(form: Form, page: ListPage): Uint8Array {
  const { media } = form;
  if (media.shape === 'object') return listBytes(page);
  if (media.shape === 'table')
    return encodeText(tableText(page.registration, page.views, listMetadata(page), tableForm(form, true)));
  return partialList(page, media.version);
}

/** JSON bytes in the form that was asked for. */
export async function finish(form: Form, status: number, json: Uint8Array): Promise<HttpResponse> {
  if (form.media.format === 'yaml') {
    const { stringify } = await import('yaml');
    return bytesResponse(
      status,
      'application/yaml',
      encodeText(stringify(JSON.parse(decodeText(json)), { lineWidth: 0 })),
    );
  }
  if (form.pretty) {
    const text = JSON.stringify(JSON.parse(decodeText(json)), undefined, 2);
    return bytesResponse(status, 'application/json', encodeText(text));
  }
  return bytesResponse(status, 'application/json', json);
}

/** An object that is not the store's: a Status, a Scale, a review. */
export const respondObject = (form: Form, status: number, object: KubeObject): Promise<HttpResponse> =>
  finish(form, status, encodeJson(object));

export function respond(form: Form, result: ApiResult): Promise<HttpResponse> | HttpResponse {
  switch (result.type) {
    case 'view':
      return finish(form, result.status, viewBytes(form, result));
    case 'object':
      return respondObject(form, result.status, result.object);
    case 'list':
      return finish(form, result.status, pageBytes(form, result.page));
    case 'watch':
      return watchResponse(form, result.watcher, result.timeoutSeconds);
  }
}
