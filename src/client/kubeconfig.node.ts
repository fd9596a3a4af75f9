import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { parse } from 'yaml';
import type { Clock } from '../machinery/clock.ts';
import type { HttpClientOptions } from './http-client.node.ts';

/** What a kubeconfig says, without what it says in vain; its message is one clear line. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

interface Cluster {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
}
interface User {
  token?: string;
  tokenFile?: string;
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  exec?: unknown;
  'auth-provider'?: unknown;
  username?: string;
}
interface Context {
  cluster?: string;
  user?: string;
  namespace?: string;
}
interface Kubeconfig {
  'current-context'?: string;
  clusters?: { name: string; cluster?: Cluster }[];
  users?: { name: string; user?: User }[];
  contexts?: { name: string; context?: Context }[];
}

/** Where and as whom to ask; made for `createHttpClient`. */
export interface KubeconfigAccess extends Pick<HttpClientOptions, 'server' | 'tls' | 'token'> {
  context: string;
  /** The context's namespace, `default` without one. */
  namespace: string;
}

const tokenFreshMs = 60_000;

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (error as Error).message;
    throw new KubeconfigError(`cannot read ${what} ${path}: ${why}`, { cause: error });
  }
}

function load(path: string): Kubeconfig {
  let config: unknown;
  try {
    config = parse(read(path, 'kubeconfig'));
  } catch (error) {
    if (error instanceof KubeconfigError) throw error;
    const [line] = (error as Error).message.split('\n');
    throw new KubeconfigError(`kubeconfig ${path} is not valid YAML: ${line}`, { cause: error });
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new KubeconfigError(`kubeconfig ${path} holds no configuration`);
  }
  return config as Kubeconfig;
}

const names = (list: { name: string }[] | undefined): string =>
  list?.length ? `it has ${list.map(({ name }) => `"${name}"`).join(', ')}` : 'it has none';

/** The default file as kubectl finds it: the first of KUBECONFIG, else `~/.kube/config`. */
export function defaultKubeconfigPath(env: Readonly<Record<string, string | undefined>>): string {
  const first = env.KUBECONFIG?.split(delimiter).find(path => path !== '');
  return first ?? join(env.HOME ?? homedir(), '.kube', 'config');
}

/** Re-read at most once a minute, since projected tokens are rotated. */
function tokenFromFile(path: string, clock: Clock): () => string {
  let token = read(path, 'token file').trim();
  let at = clock.monotonic();
  return () => {
    if (clock.monotonic() - at > tokenFreshMs) {
      at = clock.monotonic();
      token = read(path, 'token file').trim();
    }
    return token;
  };
}

/** Reads a kubeconfig file; `options.context` instead of its current one. Throws KubeconfigError. */
export function readKubeconfig(path: string, options: { clock: Clock; context?: string }): KubeconfigAccess {
  const config = load(path);
  const wrong = (why: string): KubeconfigError => new KubeconfigError(`kubeconfig ${path}: ${why}`);
  const name = options.context ?? config['current-context'];
  if (!name) throw wrong('no current-context is set');
  const context = config.contexts?.find(entry => entry.name === name)?.context;
  if (!context) throw wrong(`there is no context "${name}"; ${names(config.contexts)}`);
  const cluster = config.clusters?.find(entry => entry.name === context.cluster)?.cluster;
  if (!cluster) throw wrong(`there is no cluster "${context.cluster ?? ''}"; ${names(config.clusters)}`);
  const user = context.user ? config.users?.find(entry => entry.name === context.user)?.user : {};
  if (!user) throw wrong(`there is no user "${context.user ?? ''}"; ${names(config.users)}`);
  const server = cluster.server;
  if (!server || !/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw wrong(`cluster "${context.cluster}" has no usable server: ${JSON.stringify(server ?? '')}`);
  }
  for (const way of ['exec', 'auth-provider', 'username'] as const) {
    if (user[way]) throw wrong(`user "${context.user}" uses ${way}, which is not supported`);
  }

  const pem = (data: string | undefined, file: string | undefined, what: string): string | undefined => {
    if (data) {
      const text = Buffer.from(data, 'base64').toString('utf8');
      if (!text.includes('-----BEGIN')) throw wrong(`${what}-data is not base64 of PEM`);
      return text;
    }
    return file ? read(resolve(dirname(path), file), what) : undefined;
  };
  const cert = pem(user['client-certificate-data'], user['client-certificate'], 'client-certificate');
  const key = pem(user['client-key-data'], user['client-key'], 'client-key');
  if (!cert !== !key) throw wrong(`user "${context.user}" has only one of client certificate and client key`);
  const ca = pem(
    cluster['certificate-authority-data'],
    cluster['certificate-authority'],
    'certificate-authority',
  );
  const tls: ConnectionOptions = {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert, key } : {}),
    ...(cluster['tls-server-name'] ? { servername: cluster['tls-server-name'] } : {}),
    ...(cluster['insecure-skip-tls-verify'] ? { rejectUnauthorized: false } : {}),
  };
  const access = { context: name, namespace: context.namespace ?? 'default', server, tls };
  if (user.token) return { ...access, token: () => user.token ?? '' };
  if (user.tokenFile) {
    return { ...access, token: tokenFromFile(resolve(dirname(path), user.tokenFile), options.clock) };
  }
  return access;
}
