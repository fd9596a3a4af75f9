// serviceaccounts/token: the TokenRequest API (upstream pkg/registry/core/serviceaccount/storage/token.go, v1.36).
import { nodes, pods, secrets, serviceaccounts } from '../../api/generated/resources/core.v1.ts';
import type { AuthenticationV1TokenRequest, V1BoundObjectReference } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import { type Clock, timestamp } from '../../machinery/clock.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import { badRequest, conflict, invalid } from '../../machinery/status-errors.ts';
import type { BoundObject, PrivateClaims, TokenIssuer } from '../authentication/tokens.ts';
import type { SubresourceHandler } from '../contracts.ts';

const hour = 3600;
const year = 365 * 24 * hour;
/** What kubelets ask for on behalf of Pods: such a token is good for longer, with a warning once it should have been renewed. */
const kubeletSeconds = 3607;

type Bound = Pick<PrivateClaims, 'pod' | 'node' | 'secret'>;

export interface TokenOptions {
  client: Client;
  clock: Clock;
  issuer: TokenIssuer;
}

function checkSeconds(name: string, seconds: number): void {
  const refuse = (why: string) =>
    invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${seconds}: ${why}`,
        field: 'spec.expirationSeconds',
      },
    ]);
  if (seconds < 600) throw refuse('may not specify a duration less than 10 minutes');
  if (seconds > 2 ** 32) throw refuse('may not specify a duration larger than 2^32 seconds');
}

export function tokenHandler({ client, clock, issuer }: TokenOptions): SubresourceHandler {
  const checkUid = (
    resource: { group: string; resource: string },
    { metadata }: { metadata: { name: string; uid: string } },
    asked: string | undefined,
  ): BoundObject => {
    if (asked && asked !== metadata.uid) {
      throw conflict(
        resource,
        metadata.name,
        `the UID in the bound object reference (${asked}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    return { name: metadata.name, uid: metadata.uid };
  };

  const nodeOf = async (name: string): Promise<BoundObject | undefined> => {
    try {
      const { metadata } = await client.get(nodes, name);
      return { name, uid: metadata.uid };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const bind = async (
    { apiVersion = '', kind = '', name = '', uid }: V1BoundObjectReference,
    namespace: string,
    account: string,
  ): Promise<Bound> => {
    switch (`${apiVersion}/${kind}`) {
      case 'v1/Pod': {
        const pod = await client.get(pods, name, namespace);
        if (pod.spec?.serviceAccountName !== account) {
          throw badRequest(
            `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
          );
        }
        const node = pod.spec?.nodeName ? await nodeOf(pod.spec.nodeName) : undefined;
        return { pod: checkUid(pods, pod, uid), ...(node ? { node } : {}) };
      }
      case 'v1/Secret':
        return { secret: checkUid(secrets, await client.get(secrets, name, namespace), uid) };
      case 'v1/Node':
        return { node: checkUid(nodes, await client.get(nodes, name), uid) };
      default:
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(account)} to object of type ${apiVersion}, Kind=${kind}`,
        );
    }
  };

  return {
    group: '',
    resource: 'serviceaccounts',
    subresource: 'token',
    async handle({ namespace, name, body, dryRun }): Promise<KubeObject> {
      const request = body as AuthenticationV1TokenRequest;
      const account = await client.get(serviceaccounts, name, namespace);
      const asked = request.spec?.expirationSeconds ?? hour;
      checkSeconds(name, asked);
      const audiences = request.spec?.audiences?.length ? request.spec.audiences : issuer.audiences;
      const reference = request.spec?.boundObjectRef;
      const bound = reference ? await bind(reference, namespace, name) : {};
      const extended =
        asked === kubeletSeconds &&
        bound.pod !== undefined &&
        audiences.every(audience => issuer.audiences.includes(audience));
      const now = Math.floor(clock.now() / 1000);
      const claims: PrivateClaims = {
        namespace,
        ...(bound.node ? { node: bound.node } : {}),
        ...(bound.pod ? { pod: bound.pod } : {}),
        ...(bound.secret ? { secret: bound.secret } : {}),
        serviceaccount: { name, uid: account.metadata.uid },
        ...(extended ? { warnafter: now + asked } : {}),
      };
      const token = dryRun ? '' : await issuer.issue(claims, audiences, extended ? year : asked);
      const answer: AuthenticationV1TokenRequest = {
        ...request,
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { ...request.metadata, name, namespace, creationTimestamp: timestamp(clock.now()) },
        spec: { ...request.spec, audiences: [...audiences], expirationSeconds: asked },
        status: { token, expirationTimestamp: timestamp((now + asked) * 1000) },
      };
      return answer;
    },
  };
}
