import { isObject } from '../../machinery/json.ts';

type Step = { key: string } | { index: number } | { all: true } | { key: string; equals: string };

const tokens = /\.([\w-]+)|\['([^']+)'\]|\[(\d+)\]|\[\*\]|\[\?\(@\.([\w-]+)\s*==\s*['"]([^'"]*)['"]\)\]/gy;

function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  for (const [whole, dotted, quoted, index, filter, equals] of path
    .replace(/^\{|\}$/g, '')
    .matchAll(tokens)) {
    if (filter !== undefined) steps.push({ key: filter, equals: equals ?? '' });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else if (whole === '[*]') steps.push({ all: true });
    else steps.push({ key: dotted ?? quoted ?? '' });
  }
  return steps;
}

/** Reads simple JSON paths, as columns and selectable fields have them: `.spec.a[0]`, `.status.conditions[?(@.type=="Ready")].status`. */
export function jsonPath(path: string): (object: unknown) => unknown {
  const steps = stepsOf(path);
  return object => {
    let values: unknown[] = [object];
    for (const step of steps) {
      values = values.flatMap(value => {
        if ('equals' in step)
          return Array.isArray(value)
            ? value.filter(item => isObject(item) && String(item[step.key]) === step.equals)
            : [];
        if ('key' in step) return isObject(value) && step.key in value ? [value[step.key]] : [];
        if (!Array.isArray(value)) return [];
        return 'index' in step ? (step.index < value.length ? [value[step.index]] : []) : value;
      });
    }
    return values[0];
  };
}
