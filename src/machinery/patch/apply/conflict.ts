import type { V1StatusCause } from '../../../api/generated/types.ts';
import { quote } from '../../quote.ts';
import type { StatusError } from '../../status-error.ts';
import { applyConflict } from '../../status-errors.ts';
import { type FieldSet, pathText } from './field-set.ts';
import type { Manager, Managers } from './managers.ts';

function managerText({ manager, subresource, operation, apiVersion }: Manager): string {
  const name = quote(manager) + (subresource ? ` with subresource ${quote(subresource)}` : '');
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

/** The 409 of an apply that would take others' fields, with one cause a field. */
export function conflictError(conflicts: ReadonlyMap<string, FieldSet>, managers: Managers): StatusError {
  const causes: V1StatusCause[] = [];
  const lines: string[] = [];
  for (const id of [...conflicts.keys()].sort()) {
    const who = managerText(managers.get(id)!);
    lines.push(`conflicts with ${who}:`);
    for (const path of conflicts.get(id)!.paths()) {
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field: pathText(path) });
      lines.push(`- ${pathText(path)}`);
    }
  }
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  return applyConflict(message, causes);
}
