// Stages that let everything pass: for tests and measurements of the server's core alone.
import type { Stages, StagesFactory, User } from './contracts.ts';

export const anyone: User = { name: 'tester', groups: ['system:authenticated'] };

/** Everybody is `anyone` and may do anything; nothing is admitted, allocated or bootstrapped. */
export const permissiveStages =
  (own: Partial<Stages> = {}): StagesFactory =>
  () => ({
    authenticators: [async () => anyone],
    authorizer: () => ({ allowed: true, reason: '' }),
    admission: [],
    storageHooks: [],
    subresources: [],
    reviews: [],
    bootstrap: async () => {},
    dispose: async () => {},
    ...own,
  });
