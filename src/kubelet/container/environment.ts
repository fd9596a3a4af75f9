import type { V1ConfigMap, V1Container, V1EnvVarSource, V1Pod, V1Secret } from '../../api/generated/types.ts';
import { expand } from './expand.ts';
import { fieldValue, type PodFacts, resourceValue } from './field-ref.ts';

/** A container's configuration cannot be made: the reason is CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

/** Objects that a Pod refers to; undefined where there is none of that name. */
export interface References {
  configMap(name: string): V1ConfigMap | undefined;
  secret(name: string): V1Secret | undefined;
}

export interface EnvironmentInput {
  pod: V1Pod;
  container: V1Container;
  facts: PodFacts;
  references: References;
  services: Map<string, string>;
}

const decoder = new TextDecoder();
const fromBase64 = (text: string): string =>
  decoder.decode(Uint8Array.from(atob(text), char => char.charCodeAt(0)));

const missing = (kind: string, name: string): ContainerConfigError =>
  new ContainerConfigError(`${kind} "${name}" not found`);

/** All variables of a container, in order; throws ContainerConfigError for what is missing and not optional. */
export function environmentOf(input: EnvironmentInput): { name: string; value: string }[] {
  const { pod, container, references, services } = input;
  const result = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    const prefix = source.prefix ?? '';
    if (source.configMapRef) {
      const { name = '', optional } = source.configMapRef;
      const configMap = references.configMap(name);
      if (!configMap && !optional) throw missing('configmap', name);
      for (const [key, value] of Object.entries(configMap?.data ?? {})) result.set(prefix + key, value);
    } else if (source.secretRef) {
      const { name = '', optional } = source.secretRef;
      const secret = references.secret(name);
      if (!secret && !optional) throw missing('secret', name);
      for (const [key, value] of Object.entries(secret?.data ?? {}))
        result.set(prefix + key, fromBase64(value));
    }
  }
  const lookup = (name: string): string | undefined => result.get(name) ?? services.get(name);
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom && !variable.value
        ? sourceValue(variable.valueFrom, input, pod.metadata?.namespace ?? '')
        : expand(variable.value ?? '', lookup);
    if (value !== undefined) result.set(variable.name, value);
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return Array.from(result, ([name, value]) => ({ name, value }));
}

/** Undefined for what is missing but optional: the variable is then not set. */
function sourceValue(source: V1EnvVarSource, input: EnvironmentInput, namespace: string): string | undefined {
  const { references, facts, pod, container } = input;
  if (source.fieldRef) return fieldValue(pod, source.fieldRef.fieldPath, facts);
  if (source.resourceFieldRef) {
    const named = source.resourceFieldRef.containerName;
    const of = named
      ? [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find(
          each => each.name === named,
        )
      : container;
    return resourceValue(of ?? container, source.resourceFieldRef, facts);
  }
  if (source.configMapKeyRef) {
    const { name = '', key, optional } = source.configMapKeyRef;
    const configMap = references.configMap(name);
    if (!configMap && !optional) throw missing('configmap', name);
    const value = configMap?.data?.[key];
    if (value === undefined && !optional)
      throw new ContainerConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (source.secretKeyRef) {
    const { name = '', key, optional } = source.secretKeyRef;
    const secret = references.secret(name);
    if (!secret && !optional) throw missing('secret', name);
    const value = secret?.data?.[key];
    if (value === undefined && !optional)
      throw new ContainerConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value === undefined ? undefined : fromBase64(value);
  }
  return undefined;
}
