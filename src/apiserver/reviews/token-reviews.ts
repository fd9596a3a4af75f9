// tokenreviews and selfsubjectreviews (upstream pkg/registry/authentication).
import type { V1SelfSubjectReview, V1TokenReview, V1UserInfo } from '../../api/generated/types.ts';
import { type Clock, timestamp } from '../../machinery/clock.ts';
import { badRequest } from '../../machinery/status-errors.ts';
import type { TokenAuthenticator } from '../authentication/bearer.ts';
import type { ReviewHandler, User } from '../contracts.ts';

const group = 'authentication.k8s.io';

const userInfo = ({ name, uid, groups, extra }: User): V1UserInfo => ({
  username: name,
  ...(uid ? { uid } : {}),
  groups,
  ...(extra ? { extra } : {}),
});

export const tokenReviews = (
  authenticate: TokenAuthenticator,
  ownAudiences: readonly string[],
): ReviewHandler => ({
  group,
  resource: 'tokenreviews',
  async handle({ body }) {
    const review = body as V1TokenReview;
    const { token, audiences } = review.spec ?? {};
    if (!token) throw badRequest('token is required for TokenReview in authentication');
    const wanted = audiences?.length ? audiences : ownAudiences;
    // Each audience on its own, so that the answer can say which of them hold.
    const valid: string[] = [];
    let user: User | undefined;
    for (const audience of wanted) {
      const found = await authenticate(token, [audience]);
      if (!found) continue;
      user = found;
      valid.push(audience);
    }
    const status = user
      ? { authenticated: true, user: userInfo(user), audiences: valid }
      : { authenticated: false, user: {}, error: 'Token not recognised' };
    return { ...review, metadata: review.metadata ?? {}, status } as V1TokenReview;
  },
});

export const selfSubjectReviews = (clock: Clock): ReviewHandler => ({
  group,
  resource: 'selfsubjectreviews',
  async handle({ user, body }) {
    const review: V1SelfSubjectReview = {
      ...body,
      metadata: { ...body.metadata, creationTimestamp: timestamp(clock.now()) },
      status: { userInfo: userInfo(user) },
    };
    return review;
  },
});
