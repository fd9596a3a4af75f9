import { badRequest, unsupportedMediaType } from '../../machinery/status-errors.ts';
import { decodeText } from '../watch-cache/encoding.ts';
import type { HttpRequest } from './exchange.ts';

/** Bytes of a request's body at most (upstream's MaxRequestBodyBytes). */
export const bodyLimit = 3 * 1024 * 1024;

const protobuf = 'application/vnd.kubernetes.protobuf';
const bodyTypes = ['application/json', 'application/yaml', protobuf];

const mediaType = (request: HttpRequest): string =>
  (request.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();

/** Go's words for what V8 found wrong with a JSON text. */
function syntaxError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  if (/end of JSON|Unterminated/.test(message)) return 'unexpected end of JSON input';
  const at = /position (\d+)/.exec(message);
  const character = at ? text[Number(at[1])] : /Unexpected token '(.)'/.exec(message)?.[1];
  const place = /property name/.test(message)
    ? 'looking for beginning of object key string'
    : /after property value/.test(message)
      ? 'after object key:value pair'
      : /after array element/.test(message)
        ? 'after array element'
        : /after JSON/.test(message)
          ? 'after top-level value'
          : 'looking for beginning of value';
  return `invalid character '${character ?? '?'}' ${place}`;
}

/** The first bytes of what could not be read, as upstream shows them. */
function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const more = bytes.length > 30 ? ' ...' : '';
  const head = bytes.subarray(0, 30);
  if (head[0] === 0x7b) return decodeText(head) + more;
  return Array.from(head, byte => byte.toString(16).padStart(2, '0')).join('') + more;
}

const unrecognized = (kind: string, why: string, bytes: Uint8Array) =>
  badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why} (${summary(bytes)})`,
  );

export async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  return parse(text, { version: '1.1', schema: 'yaml-1.1', merge: true, maxAliasCount: 100 });
}

/** A body in JSON, YAML or protobuf; throws 415 for other media types, 413 when too large and 400 for what cannot be read. */
export async function readBody(
  request: HttpRequest,
  kind: string,
  modelOf: (apiVersion: string, kind: string) => string | undefined,
): Promise<{ value: unknown; text?: string }> {
  const type = mediaType(request);
  if (type !== '' && !bodyTypes.includes(type)) {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${bodyTypes.join(', ')}`,
    );
  }
  const bytes = await request.body(bodyLimit);
  if (type === protobuf) {
    const [{ decodeProtobuf }, { WireError }] = await Promise.all([
      import('../protobuf/decode.ts'),
      import('../protobuf/wire.ts'),
    ]);
    try {
      return { value: decodeProtobuf(bytes, modelOf) };
    } catch (error) {
      if (!(error instanceof WireError) && !(error instanceof SyntaxError)) throw error;
      throw badRequest(
        `the object provided is unrecognized (must be of type ${kind}): ${error.message} (${summary(bytes)})`,
      );
    }
  }
  const text = decodeText(bytes);
  if (type === 'application/yaml') {
    try {
      return { value: await parseYaml(text) };
    } catch (error) {
      throw unrecognized(kind, `yaml: ${error instanceof Error ? error.message.split('\n')[0] : ''}`, bytes);
    }
  }
  try {
    return { value: JSON.parse(text), text };
  } catch (error) {
    throw unrecognized(kind, syntaxError(text, error), bytes);
  }
}

const patchTypes = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
} as const;

/** The patch of a PATCH request, parsed. */
export async function readPatch(
  request: HttpRequest,
): Promise<{ type: (typeof patchTypes)[keyof typeof patchTypes]; body: unknown }> {
  const media = mediaType(request);
  if (!Object.hasOwn(patchTypes, media)) {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${Object.keys(patchTypes).join(', ')}`,
    );
  }
  const type = patchTypes[media as keyof typeof patchTypes];
  const text = decodeText(await request.body(bodyLimit));
  if (type === 'apply') {
    try {
      return { type, body: text.startsWith('{') ? JSON.parse(text) : await parseYaml(text) };
    } catch (error) {
      throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message.split('\n')[0] : ''}`);
    }
  }
  try {
    return { type, body: JSON.parse(text) };
  } catch (error) {
    throw badRequest(`error decoding patch: ${syntaxError(text, error)}`);
  }
}
