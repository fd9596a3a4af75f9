// Paths that are no resources: health, version, metrics, OIDC discovery, and whatever else is given.
import type { Clock } from '../../machinery/clock.ts';
import { notFound } from '../../machinery/status-errors.ts';
import { encodeJson } from '../watch-cache/encoding.ts';
import { bytesResponse, type HttpResponse, textResponse } from './exchange.ts';
import type { PathHandler, PathRequest } from './handler.ts';
import { formOf } from './resources.ts';
import { respondObject } from './respond.ts';

/** What `/version` says (apimachinery pkg/version). */
export interface VersionInfo {
  major: string;
  minor: string;
  gitVersion: string;
  gitCommit: string;
  gitTreeState: string;
  buildDate: string;
  goVersion: string;
  compiler: string;
  platform: string;
}

export interface HealthCheck {
  name: string;
  /** Empty when well, otherwise what is wrong. */
  check(): string;
}

export interface PathOptions {
  clock: Clock;
  version: VersionInfo;
  health: readonly HealthCheck[];
  /** True once the server may be relied on. */
  ready(): boolean;
  metricsText?: () => Promise<string>;
  /** What relying parties of service account tokens read. */
  oidc?: { configuration(): object; keys(): object };
  more: readonly PathHandler[];
}

const health = /^\/(healthz|livez|readyz)(?:\/([^/]+))?\/?$/;

function healthResponse({ path, query }: PathRequest, options: PathOptions): HttpResponse | undefined {
  const found = health.exec(path);
  if (!found) return undefined;
  const [, kind = '', single] = found;
  const started: HealthCheck = {
    name: 'poststarthook/bootstrap',
    check: () => (options.ready() ? '' : 'not finished'),
  };
  const all = [...options.health, ...(kind === 'livez' ? [] : [started])];
  if (single !== undefined && !all.some(({ name }) => name === single))
    throw notFound({ group: '', resource: '' }, single);
  const excluded = new Set(query.getAll('exclude'));
  const checks = all.filter(({ name }) => (single === undefined || name === single) && !excluded.has(name));
  const wrong = checks.filter(({ check }) => check() !== '');
  const lines = checks.map(check =>
    wrong.includes(check) ? `[-]${check.name} failed: reason withheld` : `[+]${check.name} ok`,
  );
  if (wrong.length > 0) return textResponse(500, `${lines.join('\n')}\n${kind} check failed\n`);
  const verbose = query.has('verbose');
  return textResponse(200, verbose ? `${lines.join('\n')}\n${kind} check passed\n` : 'ok');
}

const ofOidc: Readonly<Record<string, 'configuration' | 'keys'>> = {
  '/.well-known/openid-configuration': 'configuration',
  '/openid/v1/jwks': 'keys',
};

/** One handler of all paths; the first that knows a path answers. */
export function createPaths(options: PathOptions): PathHandler {
  const own: PathHandler = asked => {
    const { path, request, query } = asked;
    if (path === '/version' || path === '/version/')
      return respondObject(formOf(request, query, options.clock), 200, options.version as object);
    if (path === '/metrics' && options.metricsText)
      return options
        .metricsText()
        .then(text => textResponse(200, text, 'text/plain; version=0.0.4; charset=utf-8'));
    const oidc = ofOidc[path];
    if (oidc && options.oidc) {
      const type = oidc === 'keys' ? 'application/jwk-set+json' : 'application/json';
      return bytesResponse(200, type, encodeJson(options.oidc[oidc]()), {
        'cache-control': 'public, max-age=3600',
      });
    }
    return healthResponse(asked, options);
  };
  const handlers = [own, ...options.more];
  return async asked => {
    for (const handler of handlers) {
      const answer = await handler(asked);
      if (answer) return answer;
    }
    return undefined;
  };
}
