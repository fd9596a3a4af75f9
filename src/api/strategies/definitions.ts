// CustomResourceDefinitions (apiextensions-apiserver pkg/apis/apiextensions/validation and pkg/registry/customresourcedefinition).
import { dns1035Label, dns1123Label, dns1123Subdomain } from '../../machinery/formats.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type {
  V1CustomResourceDefinition,
  V1CustomResourceDefinitionNames,
  V1CustomResourceDefinitionVersion,
} from '../generated/types.ts';
import type { Strategy } from '../registration.ts';
import { type Causes, collect } from '../validation/causes.ts';

const storageVersion = (definition: V1CustomResourceDefinition): string | undefined =>
  definition.spec?.versions?.find(version => version.storage)?.name;

function checkNames(causes: Causes, names: V1CustomResourceDefinitionNames, field: string): void {
  const lower = { plural: names.plural, singular: names.singular };
  for (const [name, value] of Object.entries(lower)) {
    if (!value) causes.required(`${field}.${name}`);
    else causes.each(`${field}.${name}`, value, dns1035Label(value));
  }
  for (const name of ['kind', 'listKind'] as const) {
    const value = names[name];
    if (!value) causes.required(`${field}.${name}`);
    else
      for (const message of dns1035Label(value.toLowerCase()))
        causes.invalid(
          `${field}.${name}`,
          value,
          `may have mixed case, but should otherwise match: ${message}`,
        );
  }
  for (const [index, name] of (names.shortNames ?? []).entries())
    causes.each(`${field}.shortNames[${index}]`, name, dns1035Label(name));
  for (const [index, name] of (names.categories ?? []).entries())
    causes.each(`${field}.categories[${index}]`, name, dns1035Label(name));
  if (names.kind && names.kind === names.listKind)
    causes.invalid(`${field}.listKind`, names.listKind, 'kind and listKind may not be the same');
}

function checkVersions(causes: Causes, versions: readonly V1CustomResourceDefinitionVersion[]): void {
  const field = 'spec.versions';
  if (versions.length === 0) causes.required(field, 'must have at least one version');
  const names = new Set<string>();
  for (const [index, version] of versions.entries()) {
    const at = `${field}[${index}]`;
    if (names.has(version.name)) causes.invalid(`${at}.name`, version.name, 'must be unique');
    names.add(version.name);
    causes.each(`${at}.name`, version.name ?? '', dns1035Label(version.name ?? ''));
    const schema = version.schema?.openAPIV3Schema;
    if (!schema) causes.required(`${at}.schema.openAPIV3Schema`, 'schemas are required');
    else if (schema.type !== 'object')
      causes.invalid(`${at}.schema.openAPIV3Schema.type`, schema.type ?? '', 'must be object at the root');
    for (const [position, column] of (version.additionalPrinterColumns ?? []).entries()) {
      const place = `${at}.additionalPrinterColumns[${position}]`;
      if (!column.name) causes.required(`${place}.name`);
      if (!column.type) causes.required(`${place}.type`);
      if (!column.jsonPath) causes.required(`${place}.jsonPath`);
    }
    const scale = version.subresources?.scale;
    if (scale && !scale.specReplicasPath) causes.required(`${at}.subresources.scale.specReplicasPath`);
    if (scale && !scale.statusReplicasPath) causes.required(`${at}.subresources.scale.statusReplicasPath`);
  }
  if (versions.length > 0 && versions.filter(version => version.storage).length !== 1)
    causes.invalid(field, versions, 'must have exactly one version marked as storage version');
}

function checkDefinition(causes: Causes, object: KubeObject): void {
  const { spec, metadata } = object as V1CustomResourceDefinition;
  if (!spec?.group) causes.required('spec.group');
  else {
    causes.each('spec.group', spec.group, dns1123Subdomain(spec.group));
    if (!spec.group.includes('.'))
      causes.invalid('spec.group', spec.group, 'should be a domain with at least one dot');
  }
  causes.oneOf('spec.scope', spec?.scope, ['Cluster', 'Namespaced'], true);
  checkVersions(causes, spec?.versions ?? []);
  checkNames(causes, spec?.names ?? ({} as V1CustomResourceDefinitionNames), 'spec.names');
  const name = `${spec?.names?.plural}.${spec?.group}`;
  if (metadata?.name !== name)
    causes.invalid('metadata.name', metadata?.name ?? '', 'must be spec.names.plural+"."+spec.group');
  if (spec?.names?.plural)
    causes.each('spec.names.plural', spec.names.plural, dns1123Label(spec.names.plural));
  causes.oneOf('spec.conversion.strategy', spec?.conversion?.strategy, ['None', 'Webhook'], true);
}

/** Once a definition is established, its objects are stored under these. */
function checkUpdate(causes: Causes, object: KubeObject, old: KubeObject): void {
  const [now, before] = [
    (object as V1CustomResourceDefinition).spec,
    (old as V1CustomResourceDefinition).spec,
  ];
  const established = (old as V1CustomResourceDefinition).status?.conditions?.some(
    condition => condition.type === 'Established' && condition.status === 'True',
  );
  if (now?.group !== before?.group) causes.immutable('spec.group', now?.group);
  if (now?.names?.plural !== before?.names?.plural) causes.immutable('spec.names.plural', now?.names?.plural);
  if (!established) return;
  if (now?.scope !== before?.scope) causes.immutable('spec.scope', now?.scope);
  if (now?.names?.kind !== before?.names?.kind) causes.immutable('spec.names.kind', now?.names?.kind);
}

/** Versions that objects may be stored in: the present one is added, none is taken away here. */
function noteStorageVersion(object: KubeObject): void {
  const definition = object as V1CustomResourceDefinition;
  const version = storageVersion(definition);
  const status = (definition.status ??= {});
  const stored = status.storedVersions ?? [];
  if (version && !stored.includes(version)) status.storedVersions = [...stored, version];
}

export const definitionStrategy: Strategy = {
  prepareForCreate: noteStorageVersion,
  prepareForUpdate(object) {
    const definition = object as V1CustomResourceDefinition;
    // Status is shared with the old object until it changes.
    if (definition.status) definition.status = { ...definition.status };
    noteStorageVersion(object);
  },
  validate: object => collect(causes => checkDefinition(causes, object)),
  validateUpdate: (object, old) =>
    collect(causes => {
      checkDefinition(causes, object);
      checkUpdate(causes, object, old);
    }),
};
