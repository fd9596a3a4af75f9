// subjectaccessreviews, their self and local forms, and selfsubjectrulesreviews (upstream pkg/registry/authorization).
import type {
  V1NonResourceAttributes,
  V1PolicyRule,
  V1ResourceAttributes,
  V1SelfSubjectAccessReview,
  V1SelfSubjectRulesReview,
  V1StatusCause,
  V1SubjectAccessReview,
} from '../../api/generated/types.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { badRequest, invalid } from '../../machinery/status-errors.ts';
import { nodeNameOf } from '../authorization/node.ts';
import type { Rbac } from '../authorization/rbac.ts';
import type { Attributes, Authorizer, ReviewHandler, User } from '../contracts.ts';

const group = 'authorization.k8s.io';

interface Asked {
  resourceAttributes?: V1ResourceAttributes;
  nonResourceAttributes?: V1NonResourceAttributes;
}

function check(kind: string, spec: Asked, causes: V1StatusCause[] = []): void {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const all = [...causes];
  if (resourceAttributes && nonResourceAttributes) {
    all.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(nonResourceAttributes)}: cannot be specified in combination with resourceAttributes`,
      field: 'spec.nonResourceAttributes',
    });
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    all.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified`,
      field: 'spec.resourceAttributes',
    });
  }
  if (all.length > 0) throw invalid({ group, kind }, '', all);
}

function attributesOf(user: User, { resourceAttributes, nonResourceAttributes }: Asked): Attributes {
  const own = resourceAttributes ?? {};
  return {
    user,
    verb: (resourceAttributes ?? nonResourceAttributes)?.verb ?? '',
    group: own.group ?? '',
    version: own.version ?? '',
    resource: own.resource ?? '',
    subresource: own.subresource ?? '',
    namespace: own.namespace ?? '',
    name: own.name ?? '',
    path: nonResourceAttributes?.path ?? '',
    isResource: resourceAttributes !== undefined,
  };
}

const subjectOf = ({ spec }: V1SubjectAccessReview): User => ({
  name: spec?.user ?? '',
  groups: spec?.groups ?? [],
  ...(spec?.uid ? { uid: spec.uid } : {}),
  ...(spec?.extra ? { extra: spec.extra } : {}),
});

export function accessReviews(authorizer: Authorizer): ReviewHandler[] {
  const answer = async (review: KubeObject, attributes: Attributes): Promise<KubeObject> => {
    const { allowed, reason } = await authorizer(attributes);
    const status = { allowed, ...(reason ? { reason } : {}) };
    return { ...review, metadata: review.metadata ?? {}, status } as V1SubjectAccessReview;
  };
  const checkSubject = (kind: string, { spec }: V1SubjectAccessReview): void => {
    const nobody = !spec?.user && !spec?.groups?.length;
    const cause = {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: "": at least one of user or group must be specified',
      field: 'spec.user',
    };
    check(kind, spec ?? {}, nobody ? [cause] : []);
  };
  return [
    {
      group,
      resource: 'subjectaccessreviews',
      async handle({ body }) {
        const review = body as V1SubjectAccessReview;
        checkSubject('SubjectAccessReview', review);
        return answer(review, attributesOf(subjectOf(review), review.spec));
      },
    },
    {
      group,
      resource: 'localsubjectaccessreviews',
      async handle({ body, namespace }) {
        const review = body as V1SubjectAccessReview;
        checkSubject('LocalSubjectAccessReview', review);
        if (!review.spec.resourceAttributes)
          throw badRequest('spec.resourceAttributes must be specified for a LocalSubjectAccessReview');
        if (review.spec.resourceAttributes.namespace !== namespace)
          throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
        return answer(review, attributesOf(subjectOf(review), review.spec));
      },
    },
    {
      group,
      resource: 'selfsubjectaccessreviews',
      async handle({ user, body }) {
        const review = body as V1SelfSubjectAccessReview;
        check('SelfSubjectAccessReview', review.spec ?? {});
        return answer(review, attributesOf(user, review.spec));
      },
    },
  ];
}

/** What a user may do in a namespace, as far as rules tell. */
export const selfSubjectRulesReviews = (rbac: Rbac): ReviewHandler => ({
  group,
  resource: 'selfsubjectrulesreviews',
  async handle({ user, body }) {
    const review = body as V1SelfSubjectRulesReview;
    const namespace = review.spec?.namespace;
    if (!namespace) throw badRequest('no namespace on request');
    const { rules, errors } = rbac.rulesOf(user, namespace);
    const masters: V1PolicyRule[] = user.groups.includes('system:masters')
      ? [
          { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
          { nonResourceURLs: ['*'], verbs: ['*'] },
        ]
      : [];
    const all = [...masters, ...rules];
    const isNode = nodeNameOf(user) !== undefined;
    const problems = [
      ...(isNode ? ['node authorizer does not support user rule resolution'] : []),
      ...errors,
    ];
    return {
      ...review,
      metadata: review.metadata ?? {},
      status: {
        incomplete: isNode || errors.length > 0,
        ...(problems.length > 0 ? { evaluationError: problems.join(', ') } : {}),
        nonResourceRules: all
          .filter(rule => rule.nonResourceURLs?.length)
          .map(({ nonResourceURLs, verbs }) => ({ nonResourceURLs, verbs })),
        resourceRules: all
          .filter(rule => rule.resources?.length)
          .map(({ apiGroups, resources, resourceNames, verbs }) => ({
            verbs,
            apiGroups,
            resources,
            ...(resourceNames ? { resourceNames } : {}),
          })),
      },
    } as V1SelfSubjectRulesReview;
  },
});
