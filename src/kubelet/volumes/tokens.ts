import { serviceaccounts } from '../../api/generated/resources/core.v1.ts';
import type { AuthenticationV1TokenRequest, V1Pod } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { Clock } from '../../machinery/clock.ts';
import type { Stored } from '../../machinery/object.ts';

interface Token {
  text: Promise<string>;
  /** When to ask for the next one. */
  refreshAt: number;
}

const dayMs = 86_400_000;
const defaultSeconds = 3600;

/** ServiceAccount tokens bound to Pods, asked for once and again when four fifths of their life are over (upstream: pkg/kubelet/token). */
export class PodTokens {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, Token>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  get(pod: Stored<V1Pod>, audience: string | undefined, expirationSeconds = defaultSeconds): Promise<string> {
    const key = `${pod.metadata.uid}/${audience ?? ''}/${expirationSeconds}`;
    const known = this.#tokens.get(key);
    if (known && this.#clock.now() < known.refreshAt) return known.text;
    const token: Token = { text: Promise.resolve(''), refreshAt: Number.POSITIVE_INFINITY };
    token.text = this.#request(pod, audience, expirationSeconds, token);
    this.#tokens.set(key, token);
    token.text.catch(() => {
      // The next one who asks tries again; a token that is still good goes on to serve.
      if (known && this.#tokens.get(key) === token) this.#tokens.set(key, { ...known, refreshAt: 0 });
      else this.#tokens.delete(key);
    });
    return token.text;
  }

  /** When the next of a Pod's tokens is to be asked for again; undefined if it has none. */
  refreshAt(podUid: string): number | undefined {
    let earliest: number | undefined;
    for (const [key, { refreshAt }] of this.#tokens)
      if (key.startsWith(`${podUid}/`)) earliest = Math.min(earliest ?? refreshAt, refreshAt);
    return earliest;
  }

  forget(podUid: string): void {
    for (const key of this.#tokens.keys()) if (key.startsWith(`${podUid}/`)) this.#tokens.delete(key);
  }

  async #request(
    pod: Stored<V1Pod>,
    audience: string | undefined,
    expirationSeconds: number,
    token: Token,
  ): Promise<string> {
    const asked = this.#clock.now();
    const answer = await this.#client.subresource<AuthenticationV1TokenRequest>(
      'create',
      serviceaccounts,
      pod.spec?.serviceAccountName || 'default',
      pod.metadata.namespace,
      'token',
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: {},
        spec: {
          audiences: audience ? [audience] : [],
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
        },
      },
    );
    const expires =
      Date.parse(String(answer.status?.expirationTimestamp ?? '')) || asked + expirationSeconds * 1000;
    token.refreshAt = Math.min(asked + (expires - asked) * 0.8, asked + dayMs);
    return answer.status?.token ?? '';
  }
}
