import type { Registration } from '../../api/registration.ts';
import { type FieldSelector, fieldSelectorOf, parseFieldSelector } from '../../machinery/fields.ts';
import { everything, type LabelSelector } from '../../machinery/labels.ts';
import { parseLabelSelector } from '../../machinery/labels-parse.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { badRequest } from '../../machinery/status-errors.ts';

/** Which objects of a resource a list or a watch is about. */
export interface Selection {
  readonly registration: Registration;
  /** Empty: all. */
  readonly namespace: string;
  readonly labels: LabelSelector;
  readonly fields: FieldSelector;
  /** True where it restricts nothing but the namespace. */
  readonly whole: boolean;
  /** The one name it can match, if it names one. */
  readonly name: string | undefined;
  matches(object: KubeObject): boolean;
}

const noFields: FieldSelector = fieldSelectorOf([]);

/** Throws BadRequest for selectors that cannot be read, and for fields that the kind cannot be selected by. */
export function selectionOf(
  registration: Registration,
  options: { namespace?: string; labelSelector?: string; fieldSelector?: string },
): Selection {
  const labels = options.labelSelector ? parseLabelSelector(options.labelSelector) : everything;
  const fields = options.fieldSelector ? parseFieldSelector(options.fieldSelector) : noFields;
  const known = registration.selectableFields;
  for (const { field } of fields.terms) {
    const common = field === 'metadata.name' || (field === 'metadata.namespace' && registration.namespaced);
    if (common || Object.hasOwn(known, field)) continue;
    throw badRequest(
      Object.keys(known).length > 0
        ? `field label not supported: ${field}`
        : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
  const whole = labels.empty && fields.empty;
  return {
    registration,
    namespace: options.namespace ?? '',
    labels,
    fields,
    whole,
    name: fields.exact('metadata.name'),
    matches(object) {
      if (whole) return true;
      if (!labels.empty && !labels.matches(object.metadata?.labels)) return false;
      if (fields.empty) return true;
      return fields.matches(field => {
        if (field === 'metadata.name') return object.metadata?.name ?? '';
        if (field === 'metadata.namespace') return object.metadata?.namespace ?? '';
        return known[field]?.(object) ?? '';
      });
    },
  };
}
