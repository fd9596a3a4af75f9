// Follows CustomResourceDefinitions: what they define is served, and what is no longer defined is deleted (apiextensions-apiserver pkg/controller).
import { customresourcedefinitions } from '../../api/generated/resources/apiextensions.k8s.io.v1.ts';
import type {
  V1CustomResourceDefinition,
  V1CustomResourceDefinitionCondition,
} from '../../api/generated/types.ts';
import type { Registration, Registry } from '../../api/registration.ts';
import type { Client } from '../../client/client.ts';
import type { Informers } from '../../client/informer.ts';
import type { Clock } from '../../machinery/clock.ts';
import { setCondition } from '../../machinery/conditions.ts';
import { equal } from '../../machinery/equality.ts';
import type { Logger } from '../../machinery/logger.ts';
import type { Stored } from '../../machinery/object.ts';
import { isConflict, isNotFound } from '../../machinery/status-error.ts';
import { cloneJson } from '../registry/clone.ts';
import { cleanupFinalizer } from '../registry/facts.ts';
import { registrationsOf } from './registration.ts';

type Definition = Stored<V1CustomResourceDefinition>;

export interface DefinitionsOptions {
  client: Client;
  informers: Informers;
  registry: Registry;
  clock: Clock;
  logger: Logger;
}

/** Starts to follow; what is returned ends it. */
export function followDefinitions(options: DefinitionsOptions): AsyncDisposable {
  const { client, informers, registry, clock, logger } = options;
  const served = new Map<string, { of: unknown; registrations: Registration[] }>();
  let stopped = false;
  let last: Promise<void> = Promise.resolve();

  const withdraw = (name: string): void => {
    for (const { group, version, resource } of served.get(name)?.registrations ?? [])
      registry.remove(group, version, resource);
    served.delete(name);
  };

  /** Another resource of the group that already has one of the names. */
  const taken = ({ spec, metadata }: Definition): string | undefined => {
    const own = `${spec.names.plural}.${spec.group}`;
    const other = registry
      .all()
      .find(
        ({ group, resource, kind }) =>
          group === spec.group &&
          resource !== spec.names.plural &&
          kind === spec.names.kind &&
          own === metadata.name,
      );
    return other && `${spec.names.kind} is already in use`;
  };

  const serve = (definition: Definition): void => {
    const { name } = definition.metadata;
    if (served.get(name)?.of === definition.spec) return;
    const before = served.get(name);
    if (before && equal(before.of, definition.spec)) return;
    withdraw(name);
    const registrations = registrationsOf(definition);
    for (const registration of registrations) registry.add(registration);
    served.set(name, { of: definition.spec, registrations });
  };

  const establish = async (definition: Definition): Promise<void> => {
    const problem = taken(definition);
    if (!problem) serve(definition);
    let conditions: readonly V1CustomResourceDefinitionCondition[] | undefined =
      definition.status?.conditions;
    const say = (type: string, status: string, reason: string, message: string): void => {
      conditions = setCondition(conditions, { type, status, reason, message }, clock);
    };
    if (problem) say('NamesAccepted', 'False', 'KindConflict', problem);
    else say('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found');
    if (problem) say('Established', 'False', 'NotAccepted', 'not all names are accepted');
    else say('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted');
    const { names } = definition.spec;
    const acceptedNames = problem ? (definition.status?.acceptedNames ?? { kind: '', plural: '' }) : names;
    const storedVersions = definition.status?.storedVersions ?? [];
    const status = { ...definition.status, acceptedNames, conditions: [...conditions!], storedVersions };
    if (!equal(status, definition.status))
      await client.updateStatus(customresourcedefinitions, { ...cloneJson(definition), status });
  };

  const terminate = async (definition: Definition): Promise<void> => {
    const { name, finalizers = [], resourceVersion } = definition.metadata;
    if (!finalizers.includes(cleanupFinalizer)) return;
    const registration = served.get(name)?.registrations[0];
    if (registration) {
      await client.deleteCollection(registration, {});
      const left = await client.list(registration, { limit: 1 });
      if (left.items.length > 0) {
        // Finalizers of others hold them: look again when time has passed.
        clock.timer(1000, () => enqueue(name));
        return;
      }
    }
    await client.patch(customresourcedefinitions, name, undefined, {
      type: 'merge',
      body: {
        metadata: { finalizers: finalizers.filter(each => each !== cleanupFinalizer), resourceVersion },
      },
    });
  };

  const reconcile = async (name: string): Promise<void> => {
    try {
      const definition = await client.get(customresourcedefinitions, name);
      await (definition.metadata.deletionTimestamp ? terminate(definition) : establish(definition));
    } catch (error) {
      if (isNotFound(error)) withdraw(name);
      else if (isConflict(error)) clock.timer(10, () => enqueue(name));
      else if (!stopped) {
        logger.error('definition not served', { name, error });
        clock.timer(5000, () => enqueue(name));
      }
    }
  };

  /** One at a time, in order. */
  const enqueue = (name: string): void => {
    if (!stopped) last = last.then(() => (stopped ? undefined : reconcile(name)));
  };

  const remove = informers.for(customresourcedefinitions).addHandler({
    added: ({ metadata }) => enqueue(metadata.name),
    updated: ({ metadata }) => enqueue(metadata.name),
    deleted: ({ metadata }) => enqueue(metadata.name),
  });
  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      remove();
      await last;
    },
  };
}
