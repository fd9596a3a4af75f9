import { jobs } from '../../api/generated/resources/batch.v1.ts';
import type { V1EnvVar, V1Job, V1Pod } from '../../api/generated/types.ts';
import type { Stored } from '../../machinery/object.ts';
import { controllerReference } from '../common/owners.ts';
import { podFromTemplate } from '../common/pod-writer.ts';
import { indexAnnotation } from './indexes.ts';
import { trackingFinalizer } from './plan.ts';

const indexVariable: V1EnvVar = {
  name: 'JOB_COMPLETION_INDEX',
  valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.annotations['${indexAnnotation}']` } },
};

/** A Pod of the Job, for this completion index where it is indexed. */
export function jobPod(job: Stored<V1Job>, index: number | undefined): V1Pod {
  const pod = podFromTemplate(job.spec?.template, job, controllerReference(jobs, job));
  const metadata = { ...pod.metadata, finalizers: [...(pod.metadata?.finalizers ?? []), trackingFinalizer] };
  if (index === undefined) return { ...pod, metadata };
  const withIndex = <C extends { env?: V1EnvVar[] }>(containers: C[] | undefined): C[] | undefined =>
    containers?.map(container =>
      container.env?.some(({ name }) => name === indexVariable.name)
        ? container
        : { ...container, env: [...(container.env ?? []), indexVariable] },
    );
  const { name } = job.metadata;
  return {
    ...pod,
    metadata: {
      ...metadata,
      generateName: `${name}-${index}-`,
      labels: { ...metadata.labels, [indexAnnotation]: String(index) },
      annotations: { ...metadata.annotations, [indexAnnotation]: String(index) },
    },
    spec: {
      ...pod.spec!,
      containers: withIndex(pod.spec!.containers)!,
      initContainers: withIndex(pod.spec!.initContainers),
      hostname: pod.spec?.hostname ?? `${name}-${index}`,
    },
  };
}
