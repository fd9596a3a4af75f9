// A Pod's priority is that of its class (upstream plugin/pkg/admission/priority).
import { priorityclasses } from '../../api/generated/resources/scheduling.k8s.io.v1.ts';
import type { V1Pod, V1PriorityClass } from '../../api/generated/types.ts';
import type { Client } from '../../client/client.ts';
import type { Informers } from '../../client/informer.ts';
import { isNotFound } from '../../machinery/status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contracts.ts';
import { isFor, refuse } from './refuse.ts';

export function priorityAdmission(informers: Informers, client: Client): AdmissionPlugin {
  const informer = informers.for(priorityclasses);

  /** The class for Pods that name none: of several, the one of the lowest value. */
  const defaultClass = (): V1PriorityClass | undefined =>
    informer
      .list()
      .filter(each => each.globalDefault)
      .sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];

  const find = async (name: string): Promise<V1PriorityClass | undefined> => {
    const cached = informer.get(name);
    if (cached) return cached;
    try {
      return await client.get(priorityclasses, name);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const apply = (request: AdmissionRequest, found: V1PriorityClass | undefined): void => {
    const spec = (request.object as V1Pod).spec!;
    if (found?.metadata?.name && !spec.priorityClassName) spec.priorityClassName = found.metadata.name;
    const priority = found?.value ?? 0;
    const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
    if (spec.priority !== undefined && spec.priority !== priority) {
      throw refuse(
        request,
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
      );
    }
    spec.priority = priority;
    if (spec.preemptionPolicy && spec.preemptionPolicy !== policy) {
      throw refuse(
        request,
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
      );
    }
    spec.preemptionPolicy = policy;
  };

  const admitPod = (request: AdmissionRequest): void | Promise<void> => {
    const spec = (request.object as V1Pod).spec;
    if (!spec) return;
    if (request.operation === 'UPDATE') {
      const old = (request.old as V1Pod).spec;
      // What was given at creation stays where an update leaves it out.
      spec.priority ??= old?.priority;
      spec.preemptionPolicy ??= old?.preemptionPolicy;
      return;
    }
    const name = spec.priorityClassName;
    if (!name) return apply(request, defaultClass());
    return find(name).then(found => {
      if (!found) throw refuse(request, `no PriorityClass with name ${name} was found`);
      apply(request, found);
    });
  };

  return {
    name: 'Priority',
    admit(request) {
      if (!isFor(request, '', 'pods')) return;
      if (request.operation === 'CREATE' || request.operation === 'UPDATE') return admitPod(request);
    },
    validate(request) {
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
      if (!isFor(request, 'scheduling.k8s.io', 'priorityclasses')) return;
      const { metadata, globalDefault } = request.object as V1PriorityClass;
      const other = globalDefault ? defaultClass() : undefined;
      if (other && other.metadata?.name !== metadata?.name) {
        throw refuse(
          request,
          `PriorityClass ${other.metadata?.name} is already marked as default. Only one default can exist`,
        );
      }
    },
  };
}
