import type { V1StatusCause } from '../../api/generated/types.ts';
import type { Registration } from '../../api/registration.ts';
import { groupResource } from '../../api/resource.ts';
import { Causes } from '../../api/validation/causes.ts';
import { checkMetadata, checkMetadataUpdate, nameCheckOf } from '../../api/validation/metadata.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** What is wrong with an object's metadata. */
export function validateMetadata(object: KubeObject, registration: Registration): V1StatusCause[] {
  const causes = new Causes();
  const { name, namespace } = object.metadata ?? {};
  if (!name) causes.required('metadata.name', 'name or generateName is required');
  if (registration.namespaced && !namespace) causes.required('metadata.namespace');
  checkMetadata(causes, object, nameCheckOf(groupResource(registration)));
  return causes.list;
}

/** What an update changes in metadata that it may not. */
export function validateMetadataUpdate(object: KubeObject, old: KubeObject): V1StatusCause[] {
  const causes = new Causes();
  checkMetadataUpdate(causes, object, old);
  return causes.list;
}
