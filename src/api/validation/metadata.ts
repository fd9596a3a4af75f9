// Names, labels, annotations, finalizers and owners (apimachinery pkg/api/validation/objectmeta.go).
import {
  byteLength,
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelKey,
  labelText,
} from '../../machinery/formats.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { quote } from '../../machinery/quote.ts';
import type { V1ObjectMeta } from '../generated/types.ts';
import type { Causes } from './causes.ts';
import { ipAddress, pathSegment } from './formats.ts';

export type NameCheck = (name: string) => string[];

/** Kinds whose names are not DNS-1123 subdomains; keys are `resource.group`. */
const nameChecks: Readonly<Record<string, NameCheck>> = {
  namespaces: dns1123Label,
  services: dns1035Label,
  events: () => [],
  'events.events.k8s.io': () => [],
  'ipaddresses.networking.k8s.io': ipAddress,
  'apiservices.apiregistration.k8s.io': pathSegment,
  'clusterroles.rbac.authorization.k8s.io': pathSegment,
  'clusterrolebindings.rbac.authorization.k8s.io': pathSegment,
  'roles.rbac.authorization.k8s.io': pathSegment,
  'rolebindings.rbac.authorization.k8s.io': pathSegment,
};

export const nameCheckOf = (groupResource: string): NameCheck =>
  nameChecks[groupResource] ?? dns1123Subdomain;

const annotationBytes = 256 * 1024;
const standardFinalizers = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

export function checkLabels(causes: Causes, labels: V1ObjectMeta['labels'], field: string): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    causes.each(field, key, labelKey(key));
    for (const message of labelText(value)) causes.invalid(field, value, message);
  }
}

export function checkAnnotations(
  causes: Causes,
  annotations: V1ObjectMeta['annotations'],
  field: string,
): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    causes.each(field, key, labelKey(key.toLowerCase()));
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > annotationBytes) causes.tooLong(field, annotationBytes);
}

export function checkFinalizer(causes: Causes, name: string, field: string): void {
  causes.each(field, name, labelKey(name));
  if (!name.includes('/') && !standardFinalizers.has(name))
    causes.invalid(field, name, 'name is neither a standard finalizer name nor is it fully qualified');
}

function checkOwners(causes: Causes, owners: V1ObjectMeta['ownerReferences'], field: string): void {
  let controller: string | undefined;
  for (const [index, owner] of (owners ?? []).entries()) {
    const at = `${field}[${index}]`;
    const version = owner.apiVersion?.split('/').pop();
    if (!version) causes.invalid(`${at}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty');
    for (const name of ['kind', 'name', 'uid'] as const)
      if (!owner[name]) causes.invalid(`${at}.${name}`, '', `must not be empty`);
    if (owner.apiVersion === 'v1' && owner.kind === 'Event')
      causes.invalid(at, owner, `${owner.apiVersion}, Kind=${owner.kind} is disallowed from being an owner`);
    if (!owner.controller) continue;
    if (controller !== undefined)
      causes.invalid(
        at,
        owner,
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.name}`,
      );
    else controller = owner.name;
  }
}

/** A prefix for generated names is checked as a name whose last hyphen would be something else. */
const masked = (prefix: string): string =>
  prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix;

/** What is wrong with metadata, but for a missing name and namespace, of which the request tells. */
export function checkMetadata(
  causes: Causes,
  object: KubeObject,
  nameCheck: NameCheck,
  field = 'metadata',
): void {
  const metadata = object.metadata ?? {};
  if (metadata.generateName)
    causes.each(`${field}.generateName`, metadata.generateName, nameCheck(masked(metadata.generateName)));
  if (metadata.name) causes.each(`${field}.name`, metadata.name, nameCheck(metadata.name));
  if (metadata.namespace)
    causes.each(`${field}.namespace`, metadata.namespace, dns1123Label(metadata.namespace));
  causes.nonNegative(`${field}.generation`, metadata.generation);
  checkLabels(causes, metadata.labels, `${field}.labels`);
  checkAnnotations(causes, metadata.annotations, `${field}.annotations`);
  checkOwners(causes, metadata.ownerReferences, `${field}.ownerReferences`);
  for (const name of metadata.finalizers ?? []) checkFinalizer(causes, name, `${field}.finalizers`);
  const { finalizers } = metadata;
  if (finalizers?.includes('orphan') && finalizers.includes('foregroundDeletion'))
    causes.invalid(
      `${field}.finalizers`,
      finalizers,
      'finalizer orphan and foregroundDeletion cannot be both set',
    );
}

/** What an update may not change in metadata. */
export function checkMetadataUpdate(causes: Causes, object: KubeObject, old: KubeObject): void {
  const [now, before] = [object.metadata ?? {}, old.metadata ?? {}];
  for (const finalizer of now.finalizers ?? [])
    if (before.deletionTimestamp && !before.finalizers?.includes(finalizer)) {
      const added = now.finalizers!.filter(name => !before.finalizers?.includes(name));
      causes.forbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map(quote).join(', ')}}`,
      );
      break;
    }
  if ((now.generation ?? 0) < (before.generation ?? 0))
    causes.invalid('metadata.generation', now.generation ?? 0, 'must not be decremented');
  for (const name of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const)
    if (now[name] !== before[name]) causes.immutable(`metadata.${name}`, now[name]);
}
