import type { Resource } from '../../api/resource.ts';
import type { KubeObject, Stored } from '../../machinery/object.ts';
import { noSuchPath } from '../../machinery/status-errors.ts';
import type { StageContext, User } from '../contracts.ts';
import { cloneJson } from './clone.ts';
import type { Core } from './core.ts';
import { updateObject } from './update.ts';

/** The writes of subresources' handlers; see StageContext. */
export const rewriter =
  (core: Core, user: User): StageContext['rewrite'] =>
  async <T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace: string,
    change: (object: Stored<T>) => void,
    options: { dryRun?: boolean } = {},
  ): Promise<Stored<T>> => {
    const registration = core.registry.find(resource.group, resource.version, resource.resource);
    if (!registration) throw noSuchPath();
    const call = {
      ...{ user, registration, namespace, name },
      subresource: '',
      warn: () => {},
      dryRun: options.dryRun ?? false,
      fieldManager: user.name,
      fieldValidation: 'Ignore' as const,
    };
    const { view } = await updateObject(core, call, {
      unchecked: true,
      produce(existing) {
        const object = cloneJson(existing) as unknown as Stored<T>;
        change(object);
        return object;
      },
    });
    return view.object as Stored<T>;
  };
