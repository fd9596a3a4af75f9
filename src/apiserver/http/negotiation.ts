// Which form the client wants an answer in (apiserver pkg/endpoints/handlers/negotiation).
import { notAcceptable } from '../../machinery/status-errors.ts';

export type Shape = 'object' | 'table' | 'metadata' | 'metadata-list';

export interface MediaType {
  format: 'json' | 'yaml';
  shape: Shape;
  /** `v1` or `v1beta1` of `meta.k8s.io`, for Table and PartialObjectMetadata. */
  version: string;
  /** Aggregated discovery was asked for in this version (`v2`), if it was. */
  discovery: string | undefined;
}

const formats: Readonly<Record<string, MediaType['format']>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/*': 'json',
  '*/*': 'json',
};
const shapes: Readonly<Record<string, Shape>> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadata-list',
};

interface Clause {
  type: string;
  parameters: Record<string, string>;
  quality: number;
}

function parseAccept(header: string): Clause[] {
  const clauses = header.split(',').map(part => {
    const [type = '', ...rest] = part.split(';').map(text => text.trim());
    const parameters: Record<string, string> = {};
    for (const parameter of rest) {
      const equals = parameter.indexOf('=');
      if (equals > 0) parameters[parameter.slice(0, equals)] = parameter.slice(equals + 1);
    }
    const quality = Number(parameters.q ?? 1);
    return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
  });
  return clauses.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality);
}

const plain: MediaType = { format: 'json', shape: 'object', version: '', discovery: undefined };
const known = new Map<string, MediaType>();

function negotiateAnew(accept: string): MediaType {
  for (const { type, parameters } of parseAccept(accept)) {
    const format = formats[type];
    if (!format) continue;
    const { as, g, v = '' } = parameters;
    if (as === undefined) return { ...plain, format };
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io') {
      if (v === 'v2' || v === 'v2beta1') return { ...plain, format, discovery: v };
      continue;
    }
    const shape = shapes[as];
    if (!shape || g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) continue;
    return { format, shape, version: v, discovery: undefined };
  }
  throw notAcceptable('only the following media types are accepted: application/json, application/yaml');
}

/** Throws NotAcceptable when nothing that is asked for can be made. */
export function negotiate(accept: string | undefined): MediaType {
  if (!accept || accept === '*/*' || accept === 'application/json') return plain;
  let media = known.get(accept);
  if (!media) {
    media = negotiateAnew(accept);
    if (known.size < 256) known.set(accept, media);
  }
  return media;
}

const prettyAgents = /^(?:curl|Wget|Mozilla\/5\.0)/;

/** Whether JSON is to be indented: as the query says, and by default for people's tools. */
export function wantsPretty(query: URLSearchParams, userAgent: string | undefined): boolean {
  const asked = query.get('pretty');
  if (asked !== null) return asked !== '' && asked !== 'false' && asked !== '0';
  return userAgent !== undefined && prettyAgents.test(userAgent);
}
