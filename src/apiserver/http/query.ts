import type { V1DeleteOptions } from '../../api/generated/types.ts';
import { isObject } from '../../machinery/json.ts';
import { badRequest, invalid } from '../../machinery/status-errors.ts';
import type { FieldValidation } from '../registry/core.ts';
import type { ListQuery } from '../registry/read.ts';

const text = (query: URLSearchParams, name: string): string | undefined => query.get(name) || undefined;

const boolean = (query: URLSearchParams, name: string): boolean | undefined => {
  const value = query.get(name);
  if (value === null) return undefined;
  return !['false', '0', 'f', 'F', 'False', 'FALSE'].includes(value);
};

function integer(query: URLSearchParams, name: string): number | undefined {
  const value = text(query, name);
  if (value === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  return Number(value);
}

/** Options of a list or watch (metav1.ListOptions). */
export const listQuery = (query: URLSearchParams): ListQuery => ({
  labelSelector: text(query, 'labelSelector'),
  fieldSelector: text(query, 'fieldSelector'),
  limit: integer(query, 'limit'),
  continue: text(query, 'continue'),
  resourceVersion: text(query, 'resourceVersion'),
  resourceVersionMatch: text(query, 'resourceVersionMatch'),
  sendInitialEvents: boolean(query, 'sendInitialEvents'),
  allowWatchBookmarks: boolean(query, 'allowWatchBookmarks'),
  timeoutSeconds: integer(query, 'timeoutSeconds'),
});

export interface WriteQuery {
  dryRun: boolean;
  fieldManager: string;
  fieldValidation: FieldValidation;
  force: boolean;
}

function dryRunOf(values: readonly string[], kind: string): boolean {
  const wrong = values.filter(value => value !== 'All');
  if (wrong.length === 0) return values.length > 0;
  throw invalid({ group: 'meta.k8s.io', kind }, '', [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: [${values.map(value => `"${value}"`).join(',')}]: supported values: "All"`,
      field: 'dryRun',
    },
  ]);
}

const managerLimit = 128;

/** The manager that a client names, or what its User-Agent starts with. */
function managerOf(query: URLSearchParams, userAgent: string | undefined): string {
  const named = text(query, 'fieldManager');
  if (named) return named;
  const agent = (userAgent ?? '').split('/')[0]!;
  return (
    [...agent]
      .filter(character => character >= ' ' && character !== '\x7f')
      .join('')
      .slice(0, managerLimit) || 'unknown'
  );
}

/** Options of a write; `kind` is what upstream calls them (`CreateOptions`). */
export function writeQuery(query: URLSearchParams, kind: string, userAgent: string | undefined): WriteQuery {
  const fieldValidation = text(query, 'fieldValidation') ?? 'Warn';
  const manager = text(query, 'fieldManager');
  const causes = [];
  if (!['Ignore', 'Warn', 'Strict'].includes(fieldValidation))
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: "${fieldValidation}": supported values: "Ignore", "Strict", "Warn"`,
      field: 'fieldValidation',
    });
  if (manager && manager.length > managerLimit)
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${managerLimit} bytes`,
      field: 'fieldManager',
    });
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', causes);
  return {
    dryRun: dryRunOf(query.getAll('dryRun'), kind),
    fieldManager: managerOf(query, userAgent),
    fieldValidation: fieldValidation as FieldValidation,
    force: boolean(query, 'force') ?? false,
  };
}

/** Options of a delete: its body where it has one, its query otherwise. */
export function deleteOptions(
  query: URLSearchParams,
  body: unknown,
): { options: V1DeleteOptions; dryRun: boolean } {
  if (body !== undefined && !isObject(body))
    throw badRequest('decoded object cannot be converted to DeleteOptions');
  if (body && body.kind !== undefined && body.kind !== 'DeleteOptions')
    throw badRequest('decoded object cannot be converted to DeleteOptions');
  const options: V1DeleteOptions =
    (body as V1DeleteOptions | undefined) ??
    ({
      gracePeriodSeconds: integer(query, 'gracePeriodSeconds'),
      orphanDependents: boolean(query, 'orphanDependents'),
      propagationPolicy: text(query, 'propagationPolicy'),
    } as V1DeleteOptions);
  const refuse = (reason: string, field: string, message: string) =>
    invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [{ reason, message, field }]);
  const { propagationPolicy, orphanDependents } = options;
  if (propagationPolicy && orphanDependents !== undefined && orphanDependents !== null)
    throw refuse(
      'FieldValueInvalid',
      'propagationPolicy',
      `Invalid value: "${propagationPolicy}": orphanDependents and deletionPropagation cannot be both set`,
    );
  if (propagationPolicy && !['Foreground', 'Background', 'Orphan'].includes(propagationPolicy))
    throw refuse(
      'FieldValueNotSupported',
      'propagationPolicy',
      `Unsupported value: "${propagationPolicy}": supported values: "Foreground", "Background", "Orphan", "nil"`,
    );
  return { options, dryRun: dryRunOf(options.dryRun ?? query.getAll('dryRun'), 'DeleteOptions') };
}
