// Label selectors and node selectors (apimachinery pkg/apis/meta/v1/validation).
import { labelKey, labelText } from '../../machinery/formats.ts';
import type { V1LabelSelector, V1LabelSelectorRequirement } from '../generated/types.ts';
import type { Causes } from './causes.ts';
import { checkLabels } from './metadata.ts';

export function checkSelector(causes: Causes, selector: V1LabelSelector | undefined, field: string): void {
  checkLabels(causes, selector?.matchLabels, `${field}.matchLabels`);
  for (const [index, requirement] of (selector?.matchExpressions ?? []).entries())
    checkRequirement(causes, requirement, `${field}.matchExpressions[${index}]`);
}

function checkRequirement(causes: Causes, requirement: V1LabelSelectorRequirement, field: string): void {
  const { key, operator, values = [] } = requirement;
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      causes.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      causes.forbidden(
        `${field}.values`,
        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      );
  } else causes.invalid(`${field}.operator`, operator ?? '', 'not a valid selector operator');
  causes.each(`${field}.key`, key ?? '', labelKey(key ?? ''));
  for (const [index, value] of values.entries())
    causes.each(`${field}.values[${index}]`, value, labelText(value));
}

export const isEmptySelector = (selector: V1LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
