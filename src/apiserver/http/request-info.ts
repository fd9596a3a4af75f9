// What a path asks for (apiserver pkg/endpoints/request/requestinfo.go).

export interface RequestInfo {
  isResource: boolean;
  path: string;
  /** `get`, `list`, `watch`, `create` … for resources; the method in lower case otherwise. */
  verb: string;
  prefix: string;
  group: string;
  version: string;
  namespace: string;
  resource: string;
  name: string;
  subresource: string;
  /** What follows the subresource: the path of a proxy. */
  rest: string[];
}

const methods: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const ofNamespaces = new Set(['status', 'finalize']);

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

const isFalse = (text: string): boolean => ['false', '0', 'f', 'F', 'False', 'FALSE'].includes(text);

/** Whether a query asks for a watch. */
export const asksWatch = (query: URLSearchParams): boolean => {
  const value = query.get('watch');
  return value !== null && !isFalse(value);
};

/** The one name that a list or watch is about by its field selector; empty if it is about more. */
export const selectedName = (fieldSelector: string): string =>
  /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(fieldSelector)?.[1] ?? '';

export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const info: RequestInfo = {
    isResource: false,
    path,
    verb: method.toLowerCase(),
    prefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    name: '',
    subresource: '',
    rest: [],
  };
  let parts = path.split('/').filter((part, i, all) => part !== '' || (i > 0 && i < all.length - 1));
  if (parts.length < 3 || (parts[0] !== 'api' && parts[0] !== 'apis')) return info;
  info.prefix = parts[0];
  if (info.prefix === 'apis') {
    if (parts.length < 4) return info;
    info.group = parts[1]!;
    parts = parts.slice(2);
  } else parts = parts.slice(1);
  info.isResource = true;
  info.version = parts[0]!;
  parts = parts.slice(1).map(decode);
  // The old form /api/v1/watch/…: the rest is as without it.
  const watchPath = parts[0] === 'watch' && parts.length > 1;
  if (watchPath) parts = parts.slice(1);
  info.verb = watchPath ? 'watch' : (methods[method] ?? '');
  if (parts[0] === 'namespaces' && parts.length > 1) {
    info.namespace = parts[1]!;
    if (parts.length > 2 && !ofNamespaces.has(parts[2]!)) parts = parts.slice(2);
  }
  [info.resource = '', info.name = '', info.subresource = ''] = parts;
  info.rest = parts.slice(3);
  if (!info.name && info.verb === 'get') {
    info.verb = asksWatch(query) ? 'watch' : 'list';
    info.name = selectedName(query.get('fieldSelector') ?? '');
  } else if (!info.name && info.verb === 'delete') info.verb = 'deletecollection';
  return info;
}
