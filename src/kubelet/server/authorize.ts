import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { tokenreviews } from '../../api/generated/resources/authentication.k8s.io.v1.ts';
import { subjectaccessreviews } from '../../api/generated/resources/authorization.k8s.io.v1.ts';
import type { V1SubjectAccessReview, V1TokenReview } from '../../api/generated/types.ts';
import type { ComponentContext } from '../../client/component.ts';

export interface Caller {
  name: string;
  groups: string[];
}

const mastersGroup = 'system:masters';
const allowedMs = 300_000;
const deniedMs = 30_000;
const maxCached = 1000;

/** The part of the node that a path is about, as subresources of `nodes`; any of them that is allowed will do. */
function subresources(path: string): string[] {
  const [first] = path.split('/').filter(Boolean);
  const fine: Record<string, string[]> = {
    stats: ['stats'],
    metrics: ['metrics'],
    logs: ['log'],
    spec: ['spec'],
    healthz: ['healthz', 'proxy'],
    configz: ['configz', 'proxy'],
    pods: ['pods', 'proxy'],
    runningpods: ['pods', 'proxy'],
  };
  return fine[first ?? ''] ?? ['proxy'];
}

const verbs: Record<string, string> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Who asks: by client certificate, or by a bearer token that the API server knows (upstream: pkg/kubelet/server/auth.go). */
export class ServerAuthorizer {
  readonly #context: ComponentContext;
  readonly #nodeName: string;
  readonly #decisions = new Map<string, { allowed: boolean; until: number }>();
  readonly #tokens = new Map<string, { caller: Caller | undefined; until: number }>();

  constructor(context: ComponentContext, nodeName: string) {
    this.#context = context;
    this.#nodeName = nodeName;
  }

  async caller(request: IncomingMessage): Promise<Caller | undefined> {
    const socket = request.socket as TLSSocket;
    if (socket.authorized) {
      const { subject } = socket.getPeerCertificate();
      const groups = subject?.O as string | string[] | undefined;
      const list = groups === undefined ? [] : Array.isArray(groups) ? groups : [groups];
      if (subject?.CN) return { name: String(subject.CN), groups: [...list, 'system:authenticated'] };
    }
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    return token === undefined ? undefined : this.#byToken(token);
  }

  /** Whether the caller may; `Forbidden (…)` is upstream's answer if not. */
  async mayDo(caller: Caller, method: string, path: string): Promise<boolean> {
    if (caller.groups.includes(mastersGroup)) return true;
    const verb = verbs[method] ?? 'get';
    for (const subresource of subresources(path))
      if (await this.#review(caller, verb, subresource)) return true;
    return false;
  }

  async #byToken(token: string): Promise<Caller | undefined> {
    const { client, clock } = this.#context;
    const known = this.#tokens.get(token);
    if (known && clock.now() < known.until) return known.caller;
    const review: V1TokenReview = await client.create(tokenreviews, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: {},
      spec: { token },
    });
    const { authenticated, user } = review.status ?? {};
    const caller =
      authenticated && user?.username ? { name: user.username, groups: user.groups ?? [] } : undefined;
    if (this.#tokens.size >= maxCached) this.#tokens.clear();
    this.#tokens.set(token, { caller, until: clock.now() + deniedMs });
    return caller;
  }

  async #review(caller: Caller, verb: string, subresource: string): Promise<boolean> {
    const { client, clock } = this.#context;
    const key = JSON.stringify([caller.name, caller.groups, verb, subresource]);
    const known = this.#decisions.get(key);
    if (known && clock.now() < known.until) return known.allowed;
    const review: V1SubjectAccessReview = await client.create(subjectaccessreviews, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: {
        user: caller.name,
        groups: caller.groups,
        resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: this.#nodeName },
      },
    });
    const allowed = review.status?.allowed ?? false;
    if (this.#decisions.size >= maxCached) this.#decisions.clear();
    this.#decisions.set(key, { allowed, until: clock.now() + (allowed ? allowedMs : deniedMs) });
    return allowed;
  }
}
