import type { V1StatusCause } from '../../api/generated/types.ts';
import type { Registration } from '../../api/registration.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** What is wrong with an object's metadata. */
export function validateMetadata(object: KubeObject, _registration: Registration): V1StatusCause[] {
  if (object.metadata?.name) return [];
  return [
    {
      reason: 'FieldValueRequired',
      message: 'Required value: name or generateName is required',
      field: 'metadata.name',
    },
  ];
}

/** What an update changes in metadata that it may not. */
export function validateMetadataUpdate(_object: KubeObject, _old: KubeObject): V1StatusCause[] {
  return [];
}
