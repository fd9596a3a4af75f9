// The documents of /openapi/v2 and /openapi/v3, as text that is made once when first asked for. This module and what it imports are
// large: load it with `import()` when a request comes, not at start.
import { fnv1a32 } from '../../machinery/hash.ts';
import { models } from '../generated/models.ts';
import { pathItems, sections } from './paths.ts';
import { allSchemas, reachable, schemasOf, sorted } from './schemas.ts';

export interface Document {
  text: string;
  /** Changes with the text; upstream's is upper-case hexadecimal. */
  hash: string;
}

export interface OpenApi {
  /** GET /openapi/v2, as JSON. */
  v2(): Document;
  /** Sections of v3: `api/v1`, `apis/apps/v1`, `version` … */
  sections(): readonly string[];
  /** GET /openapi/v3/SECTION; undefined for a section that is not built in. */
  v3(section: string): Document | undefined;
  /** GET /openapi/v3. `extra` are sections of others (custom resources) with their hashes. */
  v3Index(extra?: Readonly<Record<string, string>>): { paths: Record<string, { serverRelativeURL: string }> };
}

/** 128 bits that differ when the input does: four rounds, each begun differently. */
function hashOf(text: string): string {
  const part = (round: number): string => fnv1a32(`${round}${text}`).toString(16).padStart(8, '0');
  return [0, 1, 2, 3].map(part).join('').toUpperCase();
}

const security = {
  BearerToken: {
    type: 'apiKey',
    description: 'Bearer Token authentication',
    name: 'authorization',
    in: 'header',
  },
};

function remembered<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return key => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key)!;
  };
}

/**
 * `version` is the server's gitVersion (`v1.36.0+tsukube.0.1.0`): with the client's models it decides what the documents say, so a
 * section's hash is known before the section is made.
 */
export function createOpenApi(version: string): OpenApi {
  const info = { title: 'Kubernetes', version };
  const names = sections();
  const known = new Set(names);
  const content = hashOf(models);
  const hash = remembered((section: string) => hashOf(`${version} ${content} ${section}`));

  const v2 = remembered((section: 'v2') => ({
    text: JSON.stringify({
      swagger: '2.0',
      info,
      paths: sorted(pathItems(2)),
      definitions: allSchemas(2),
      securityDefinitions: security,
      security: [{ BearerToken: [] }],
    }),
    hash: hash(section),
  }));

  const v3 = remembered((section: string) => {
    const paths = pathItems(3, section);
    const roots = [...JSON.stringify(paths).matchAll(/#\/components\/schemas\/([^"]+)/g)].map(
      match => match[1]!,
    );
    const text = JSON.stringify({
      openapi: '3.0.0',
      info,
      paths: sorted(paths),
      components: { schemas: schemasOf(reachable(roots), 3), securitySchemes: security },
    });
    return { text, hash: hash(section) };
  });

  const urlOf = (section: string, hash: string) => ({
    serverRelativeURL: `/openapi/v3/${section}?hash=${hash}`,
  });
  return {
    v2: () => v2('v2'),
    sections: () => names,
    v3: section => (known.has(section) ? v3(section) : undefined),
    v3Index(extra = {}) {
      const own = names.map(section => [section, urlOf(section, hash(section))] as const);
      const others = Object.entries(extra).map(
        ([section, other]) => [section, urlOf(section, other)] as const,
      );
      return { paths: sorted(Object.fromEntries([...own, ...others])) };
    },
  };
}
