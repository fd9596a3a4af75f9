import type { V1Secret } from '../../api/generated/types.ts';
import type { RegistryAuth } from '../runtime.ts';
import { parseImageName } from './image-name.ts';

interface Entry {
  username?: string;
  password?: string;
  auth?: string;
  identitytoken?: string;
  registrytoken?: string;
}

const text = (base64: string): string =>
  new TextDecoder().decode(Uint8Array.from(atob(base64), c => c.charCodeAt(0)));

function entriesOf(secret: V1Secret): Record<string, Entry> {
  const json = secret.data?.['.dockerconfigjson'];
  if (json) return (JSON.parse(text(json)) as { auths?: Record<string, Entry> }).auths ?? {};
  const old = secret.data?.['.dockercfg'];
  return old ? (JSON.parse(text(old)) as Record<string, Entry>) : {};
}

/** Whether a registry's entry is for an image: host (`*` stands for one label), and the path where it has one. */
function covers(key: string, registry: string, repository: string): boolean {
  const [host = '', ...path] = key.replace(/^https?:\/\//, '').split('/');
  const hosts =
    registry === 'docker.io' ? ['docker.io', 'index.docker.io', 'registry-1.docker.io'] : [registry];
  const labels = host.split('.');
  const hostMatches = hosts.some(candidate => {
    const parts = candidate.split('.');
    return parts.length === labels.length && labels.every((label, i) => label === '*' || label === parts[i]);
  });
  const prefix = path
    .join('/')
    .replace(/^v[12]\/?$/, '')
    .replace(/\/$/, '');
  return hostMatches && (prefix === '' || repository === prefix || repository.startsWith(`${prefix}/`));
}

/** Credentials for an image out of pull secrets, in the order to try them: the longest key first. A broken secret is skipped. */
export function credentialsFor(image: string, secrets: V1Secret[]): RegistryAuth[] {
  const { registry, repository } = parseImageName(image);
  const found: { key: string; auth: RegistryAuth }[] = [];
  for (const secret of secrets) {
    let entries: Record<string, Entry>;
    try {
      entries = entriesOf(secret);
    } catch {
      continue;
    }
    for (const [key, entry] of Object.entries(entries)) {
      if (!covers(key, registry, repository)) continue;
      let { username, password } = entry;
      if (entry.auth) {
        const pair = text(entry.auth);
        const colon = pair.indexOf(':');
        username = pair.slice(0, colon);
        password = pair.slice(colon + 1).replace(/\0+$/, '');
      }
      found.push({
        key,
        auth: {
          ...(username !== undefined ? { username } : {}),
          ...(password !== undefined ? { password } : {}),
          ...(entry.identitytoken ? { identityToken: entry.identitytoken } : {}),
          ...(entry.registrytoken ? { registryToken: entry.registrytoken } : {}),
          serverAddress: registry,
        },
      });
    }
  }
  return found.sort((a, b) => b.key.length - a.key.length).map(({ auth }) => auth);
}
