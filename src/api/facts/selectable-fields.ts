// Field selectors of the built-in resources, besides metadata.name and metadata.namespace (upstream's ToSelectableFields and
// AddFieldLabelConversionFunc of each kind).
import type { KubeObject } from '../../machinery/object.ts';

type Read = (object: KubeObject) => string;

/** Text of what a dotted path leads to; empty where nothing is there. */
function read(path: string): Read {
  const steps = path.split('.');
  return object => {
    let value: unknown = object;
    for (const step of steps) {
      if (value === null || typeof value !== 'object') return '';
      value = (value as Record<string, unknown>)[step];
    }
    return value === undefined || value === null ? '' : String(value);
  };
}

const flag = (path: string): Read => {
  const value = read(path);
  return object => (value(object) === 'true' ? 'true' : 'false');
};

const count = (path: string): Read => {
  const value = read(path);
  return object => value(object) || '0';
};

const paths = (...names: string[]): Record<string, Read> =>
  Object.fromEntries(names.map(name => [name, read(name)]));

const reference = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
const sourceOrReporter = (object: KubeObject): string =>
  read('source.component')(object) || read('reportingComponent')(object);

/** Keys are `resource.group`. */
export const selectableFields: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  events: {
    ...paths(...reference.map(name => `involvedObject.${name}`), 'reason', 'type'),
    reportingComponent: read('reportingComponent'),
    source: sourceOrReporter,
  },
  'events.events.k8s.io': {
    ...paths(...reference.map(name => `regarding.${name}`), 'reason', 'type', 'reportingController'),
    source: object => read('deprecatedSource.component')(object) || read('reportingController')(object),
  },
  namespaces: paths('status.phase'),
  nodes: { 'spec.unschedulable': flag('spec.unschedulable') },
  pods: {
    ...paths(
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ),
    'spec.hostNetwork': flag('spec.hostNetwork'),
  },
  replicationcontrollers: { 'status.replicas': count('status.replicas') },
  secrets: paths('type'),
  services: paths('spec.clusterIP', 'spec.type'),
  'replicasets.apps': { 'status.replicas': count('status.replicas') },
  'jobs.batch': { 'status.successful': count('status.succeeded') },
  'certificatesigningrequests.certificates.k8s.io': paths('spec.signerName'),
  'resourceslices.resource.k8s.io': paths('spec.nodeName', 'spec.driver'),
};
