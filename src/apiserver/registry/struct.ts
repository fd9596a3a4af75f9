import type { Registration } from '../../api/registration.ts';
import { isModel, schemaOf } from '../../api/schema.ts';
import type { StructSchema } from '../../machinery/schema.ts';

/** The fields of a resource's objects, where they are known. */
export const structOf = ({
  model,
  schema,
}: Pick<Registration, 'model' | 'schema'>): StructSchema | undefined =>
  schema ?? (isModel(model) ? schemaOf(model) : undefined);
