// The policy of a cluster's API server, composed: which parts, in which order.

import { services } from '../api/generated/resources/core.v1.ts';
import { servicecidrs } from '../api/generated/resources/networking.k8s.io.v1.ts';
import { setCondition } from '../machinery/conditions.ts';
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from './admission/certificates.ts';
import { limitRanger } from './admission/limit-ranger.ts';
import { namespaceLifecycle } from './admission/namespace-lifecycle.ts';
import { nodeRestriction } from './admission/node-restriction.ts';
import { defaultTolerationSeconds, runtimeClassAdmission, taintNodesByCondition } from './admission/pods.ts';
import { priorityAdmission } from './admission/priority.ts';
import { serviceAccountAdmission } from './admission/service-account.ts';
import { serviceFields } from './admission/service-fields.ts';
import { claimResize, defaultStorageClass, storageObjectInUseProtection } from './admission/storage.ts';
import { createAddresses } from './allocation/addresses.ts';
import { nth, parseRange } from './allocation/ip.ts';
import { createPortPool, defaultNodePorts, type PortRange } from './allocation/port-pool.ts';
import { createServiceAllocation } from './allocation/services.ts';
import {
  anonymousAuthenticator,
  bearerAuthenticator,
  firstOf,
  staticTokens,
} from './authentication/bearer.ts';
import { bootstrapTokens } from './authentication/bootstrap-token.ts';
import { certificateAuthenticator } from './authentication/certificate.ts';
import { serviceAccountTokens } from './authentication/service-account.ts';
import { createTokenIssuer, type TokenIssuer } from './authentication/tokens.ts';
import { createAuthorizer } from './authorization/authorizer.ts';
import { createEscalationCheck } from './authorization/escalation.ts';
import { createNodeAuthorizer } from './authorization/node.ts';
import { createRbac } from './authorization/rbac.ts';
import { ensureAll } from './bootstrap/ensure.ts';
import { nodeRules } from './bootstrap/policy.ts';
import { wantedPolicy } from './bootstrap/rbac.ts';
import { type SystemOptions, wantedNamespaces, wantedRanges, wantedSystem } from './bootstrap/system.ts';
import type { StageContext, Stages, StagesFactory, User } from './contracts.ts';
import { accessReviews, selfSubjectRulesReviews } from './reviews/access-reviews.ts';
import { selfSubjectReviews, tokenReviews } from './reviews/token-reviews.ts';
import { bindingHandler, bindingsHandler } from './subresources/binding.ts';
import { evictionHandler } from './subresources/eviction.ts';
import { tokenHandler } from './subresources/token.ts';

export const defaultIssuer = 'https://kubernetes.default.svc.cluster.local';
export const defaultServiceCidr = '10.96.0.0/16';

export interface StagesOptions {
  /** One or two ranges, the default family's first. Default 10.96.0.0/16. */
  serviceCidrs?: readonly string[];
  nodePortRange?: PortRange;
  /** PEM of the key that signs ServiceAccount tokens (`Pki.serviceAccountKey`). */
  serviceAccountKey: string;
  issuer?: string;
  /** Whom tokens are for that name nobody. Default: the issuer. */
  audiences?: readonly string[];
  /** Bearer tokens given at start, with whom they stand for. */
  staticTokens?: Readonly<Record<string, User>>;
  /** Whether who shows nothing is let in as system:anonymous. Default true. */
  anonymous?: boolean;
  /** Where nodes and Pods reach this API server. */
  apiServer: { address: string; port: number };
  /** PEM of the CA that client certificates are verified with. */
  clientCa?: string;
}

/** Addresses with a meaning: the `kubernetes` Service has the first of the first range, cluster DNS the tenth. */
export const wellKnownAddresses = (serviceCidrs: readonly string[] = [defaultServiceCidr]) => {
  const range = parseRange(serviceCidrs[0]!);
  return { kubernetes: nth(range, 1), dns: nth(range, 10) };
};

/** Signs and reads ServiceAccount tokens; the server's paths of discovery (`/openid/v1/jwks`) need it too. */
export const issuerOf = (
  options: StagesOptions,
  context: Pick<StageContext, 'clock' | 'random'>,
): TokenIssuer =>
  createTokenIssuer({
    key: options.serviceAccountKey,
    issuer: options.issuer ?? defaultIssuer,
    ...(options.audiences ? { audiences: options.audiences } : {}),
    clock: context.clock,
    random: context.random,
  });

/** Node and RBAC authorization, upstream's default admission plugins, allocation, and the objects of a new cluster. */
export const createStages =
  (options: StagesOptions): StagesFactory =>
  (context): Stages => {
    const { client, informers, clock, random, logger } = context;
    const serviceCidrs = options.serviceCidrs ?? [defaultServiceCidr];
    const issuer = issuerOf(options, context);
    const rbac = createRbac(informers);
    const authorizer = createAuthorizer(createNodeAuthorizer(informers, nodeRules()), rbac);
    const tokens = firstOf([
      staticTokens(options.staticTokens ?? {}),
      bootstrapTokens(informers, clock),
      serviceAccountTokens({ issuer, informers, client, clock }),
    ]);
    const addresses = createAddresses({ client, informers, random, ranges: serviceCidrs });
    const ports = createPortPool(options.nodePortRange ?? defaultNodePorts, random);
    const allocation = createServiceAllocation(client, addresses, ports);
    const known = wellKnownAddresses(serviceCidrs);
    const system: SystemOptions = {
      serviceCidrs,
      serviceAddress: known.kubernetes,
      dnsAddress: known.dns,
      apiServer: options.apiServer,
      ...(options.clientCa ? { clientCa: options.clientCa } : {}),
    };

    /** What may be behind for a moment: nothing waits for it. */
    const catchUp = async (signal: AbortSignal): Promise<void> => {
      const { items } = await client.list(services);
      await addresses.repair(items);
      const range = await client.get(servicecidrs, 'kubernetes');
      const ready = {
        type: 'Ready',
        status: 'True',
        reason: '',
        message: 'Kubernetes default Service CIDR is ready',
      };
      const conditions = setCondition(range.status?.conditions, ready, clock);
      if (signal.aborted || conditions === range.status?.conditions) return;
      await client.updateStatus(servicecidrs, {
        ...range,
        status: { conditions: conditions.map(each => ({ lastTransitionTime: '', ...each })) },
      } as typeof range);
    };

    return {
      authenticators: [
        certificateAuthenticator,
        bearerAuthenticator(tokens),
        ...(options.anonymous === false ? [] : [anonymousAuthenticator]),
      ],
      authorizer,
      admission: [
        namespaceLifecycle(informers, client),
        serviceFields,
        limitRanger(informers),
        serviceAccountAdmission({ informers, client, clock, random }),
        nodeRestriction(informers, client),
        taintNodesByCondition,
        priorityAdmission(informers, client),
        defaultTolerationSeconds,
        runtimeClassAdmission(informers, client),
        defaultStorageClass(informers),
        claimResize(informers),
        storageObjectInUseProtection,
        certificateApproval(authorizer),
        certificateSigning(authorizer),
        certificateSubjectRestriction,
        createEscalationCheck(rbac, authorizer),
      ],
      storageHooks: [allocation],
      subresources: [
        tokenHandler({ client, clock, issuer }),
        bindingHandler(context),
        evictionHandler(client, clock),
      ],
      reviews: [
        tokenReviews(tokens, issuer.audiences),
        selfSubjectReviews(clock),
        ...accessReviews(authorizer),
        selfSubjectRulesReviews(rbac),
        bindingsHandler(context),
      ],
      async bootstrap(signal) {
        await ensureAll(client, [...wantedNamespaces(), ...wantedRanges(system)]);
        if (signal.aborted) return;
        await ensureAll(client, [...wantedPolicy(), ...wantedSystem(system)]);
        // Until the caches are there, decisions would be wrong.
        await rbac.whenSynced(signal);
        catchUp(signal).catch(
          error => signal.aborted || logger.warn('service addresses not checked', { error }),
        );
      },
      async dispose() {},
    };
  };
