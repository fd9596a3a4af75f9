// Containers of a Pod or a Pod template (upstream validateContainers, validateInitContainers, validateContainerCommon).
import { dns1123Label } from '../../../machinery/formats.ts';
import type {
  V1Container,
  V1ContainerPort,
  V1EnvFromSource,
  V1EnvVar,
  V1PodSpec,
} from '../../generated/types.ts';
import type { Causes } from '../causes.ts';
import { configMapKey, environmentName, portName, portNumber } from '../formats.ts';
import { checkLifecycle, checkProbe } from './probes.ts';
import { checkResources } from './resources.ts';
import { checkMounts } from './volumes.ts';

export const protocols = ['SCTP', 'TCP', 'UDP'];

function checkPorts(causes: Causes, ports: readonly V1ContainerPort[] | undefined, field: string): void {
  const names = new Set<string>();
  for (const [index, port] of (ports ?? []).entries()) {
    const at = `${field}[${index}]`;
    if (port.name) {
      const wrong = portName(port.name);
      causes.each(`${at}.name`, port.name, wrong);
      if (wrong.length === 0 && names.has(port.name)) causes.duplicate(`${at}.name`, port.name);
      names.add(port.name);
    }
    if (!port.containerPort) causes.required(`${at}.containerPort`);
    else causes.each(`${at}.containerPort`, port.containerPort, portNumber(port.containerPort));
    if (port.hostPort) causes.each(`${at}.hostPort`, port.hostPort, portNumber(port.hostPort));
    causes.oneOf(`${at}.protocol`, port.protocol, protocols, true);
  }
}

const fieldPaths =
  /^(metadata\.(name|namespace|uid)|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?)|metadata\.(labels|annotations)\['.+'\])$/;

function checkValueFrom(causes: Causes, variable: V1EnvVar, field: string): void {
  const source = variable.valueFrom!;
  const named = Object.entries(source).filter(([, value]) => value !== undefined);
  if (named.length === 0)
    causes.invalid(
      field,
      '',
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    );
  else if (variable.value) causes.invalid(field, '', 'may not be specified when `value` is not empty');
  if (named.length > 1) causes.invalid(field, '', 'may not have more than one field specified at a time');
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef) {
    if (!fieldRef.fieldPath) causes.required(`${field}.fieldRef.fieldPath`);
    else if (!fieldPaths.test(fieldRef.fieldPath))
      causes.notSupported(`${field}.fieldRef.fieldPath`, fieldRef.fieldPath, [
        'metadata.name',
        'metadata.namespace',
        'metadata.uid',
        'spec.nodeName',
        'spec.serviceAccountName',
        'status.hostIP',
        'status.hostIPs',
        'status.podIP',
        'status.podIPs',
      ]);
  }
  if (resourceFieldRef && !resourceFieldRef.resource) causes.required(`${field}.resourceFieldRef.resource`);
  for (const [name, reference] of Object.entries({ configMapKeyRef, secretKeyRef })) {
    if (!reference) continue;
    if (!reference.name) causes.required(`${field}.${name}.name`);
    if (!reference.key) causes.required(`${field}.${name}.key`);
    else causes.each(`${field}.${name}.key`, reference.key, configMapKey(reference.key));
  }
}

function checkEnvironment(causes: Causes, container: V1Container, field: string): void {
  for (const [index, variable] of (container.env ?? []).entries()) {
    const at = `${field}.env[${index}]`;
    if (!variable.name) causes.required(`${at}.name`);
    else causes.each(`${at}.name`, variable.name, environmentName(variable.name));
    if (variable.valueFrom) checkValueFrom(causes, variable, `${at}.valueFrom`);
  }
  for (const [index, source] of (container.envFrom ?? []).entries())
    checkEnvFrom(causes, source, `${field}.envFrom[${index}]`);
}

function checkEnvFrom(causes: Causes, source: V1EnvFromSource, field: string): void {
  if (source.prefix) causes.each(`${field}.prefix`, source.prefix, environmentName(source.prefix));
  const { configMapRef, secretRef } = source;
  if (configMapRef && !configMapRef.name) causes.required(`${field}.configMapRef.name`);
  if (secretRef && !secretRef.name) causes.required(`${field}.secretRef.name`);
  if (!configMapRef && !secretRef)
    causes.invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`');
  if (configMapRef && secretRef)
    causes.invalid(field, '', 'may not have more than one field specified at a time');
}

function checkSecurity(causes: Causes, container: V1Container, field: string): void {
  const context = container.securityContext;
  if (!context) return;
  for (const name of ['runAsUser', 'runAsGroup'] as const)
    if (context[name] !== undefined && (context[name] < 0 || context[name] > 2147483647))
      causes.invalid(`${field}.${name}`, context[name], 'must be between 0 and 2147483647, inclusive');
  if (context.privileged && context.allowPrivilegeEscalation === false)
    causes.invalid(field, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
}

interface Place {
  spec: V1PodSpec;
  volumes: ReadonlySet<string>;
  names: Set<string>;
}

function checkCommon(
  causes: Causes,
  container: V1Container,
  field: string,
  { spec, volumes, names }: Place,
): void {
  if (!container.name) causes.required(`${field}.name`);
  else {
    causes.each(`${field}.name`, container.name, dns1123Label(container.name));
    if (names.has(container.name)) causes.duplicate(`${field}.name`, container.name);
    names.add(container.name);
  }
  if (!container.image) causes.required(`${field}.image`);
  else if (container.image !== container.image.trim())
    causes.invalid(`${field}.image`, container.image, 'must not have leading or trailing whitespace');
  causes.oneOf(
    `${field}.terminationMessagePolicy`,
    container.terminationMessagePolicy,
    ['FallbackToLogsOnError', 'File'],
    true,
  );
  checkPorts(causes, container.ports, `${field}.ports`);
  checkEnvironment(causes, container, field);
  checkMounts(causes, container.volumeMounts, volumes, `${field}.volumeMounts`);
  causes.oneOf(
    `${field}.imagePullPolicy`,
    container.imagePullPolicy,
    ['Always', 'IfNotPresent', 'Never'],
    true,
  );
  checkResources(causes, container.resources, `${field}.resources`);
  checkSecurity(causes, container, `${field}.securityContext`);
  if (!spec.hostNetwork) return;
  for (const [index, port] of (container.ports ?? []).entries())
    if (port.hostPort !== port.containerPort)
      causes.invalid(
        `${field}.ports[${index}].containerPort`,
        port.containerPort,
        'must match `hostPort` when `hostNetwork` is true',
      );
}

function checkProbes(causes: Causes, container: V1Container, field: string, spec: V1PodSpec): void {
  checkLifecycle(causes, container.lifecycle, `${field}.lifecycle`, spec.terminationGracePeriodSeconds);
  checkProbe(causes, container.livenessProbe, `${field}.livenessProbe`, true);
  checkProbe(causes, container.readinessProbe, `${field}.readinessProbe`, false);
  checkProbe(causes, container.startupProbe, `${field}.startupProbe`, true);
}

function checkHostPorts(causes: Causes, containers: readonly V1Container[], field: string): void {
  const taken = new Set<string>();
  for (const [index, container] of containers.entries())
    for (const [at, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(key)) causes.duplicate(`${field}[${index}].ports[${at}].hostPort`, key);
      taken.add(key);
    }
}

/** All containers of a Pod. */
export function checkContainers(
  causes: Causes,
  spec: V1PodSpec,
  volumes: ReadonlySet<string>,
  field: string,
): void {
  const place: Place = { spec, volumes, names: new Set() };
  const containers = spec.containers ?? [];
  if (containers.length === 0) causes.required(`${field}.containers`);
  for (const [index, container] of containers.entries()) {
    const at = `${field}.containers[${index}]`;
    checkCommon(causes, container, at, place);
    checkProbes(causes, container, at, spec);
  }
  checkHostPorts(causes, containers, `${field}.containers`);
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    const at = `${field}.initContainers[${index}]`;
    checkCommon(causes, container, at, place);
    if (container.restartPolicy === 'Always') {
      checkProbes(causes, container, at, spec);
      continue;
    }
    for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
      if (container[name])
        causes.forbidden(`${at}.${name}`, 'may not be set for init containers without restartPolicy=Always');
  }
}
