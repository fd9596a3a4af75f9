import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaOf } from '../../../api/schema.ts';
import { equal } from '../../equality.ts';
import { deepFreeze } from '../../freeze.ts';
import { isObject } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import { type Random, randomInt, seededRandom } from '../../random.ts';
import { applyConfiguration } from './apply.ts';
import { fieldSetOf } from './configuration.ts';
import { difference, fromFieldsV1, toFieldsV1, union } from './field-set.ts';
import { removeFields } from './merge-values.ts';
import { rootSchema } from './shape.ts';
import { trackUpdate } from './track.ts';

const schema = schemaOf('V1Deployment');
const root = rootSchema(schema);

const some = (random: Random, share = 0.5): boolean => random.next() < share;
const pick = <T>(random: Random, list: readonly T[]): T => list[randomInt(random, list.length)]!;

/** A small random configuration; values are chosen from few, so that managers agree and disagree. */
function configuration(random: Random): KubeObject {
  const labels = Object.fromEntries(
    ['a', 'b', 'c'].filter(() => some(random)).map(key => [key, pick(random, ['1', '2'])]),
  );
  const containers = ['x', 'y', 'z']
    .filter(() => some(random))
    .sort(() => random.next() - 0.5)
    .map(name => ({
      name,
      ...(some(random) ? { image: pick(random, ['i1', 'i2']) } : {}),
      ...(some(random) ? { args: [pick(random, ['p', 'q'])] } : {}),
      ...(some(random) ? { env: [{ name: pick(random, ['E', 'F']), value: pick(random, ['1', '2']) }] } : {}),
    }));
  // No empty objects: to say nothing of a field, and to leave it empty, come to the same in upstream's types.
  const spec = {
    ...(some(random) ? { replicas: randomInt(random, 3) } : {}),
    ...(containers.length > 0 ? { template: { spec: { containers } } } : {}),
  };
  return deepFreeze({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(some(random) ? { finalizers: [pick(random, ['f/1', 'f/2'])] } : {}),
    },
    ...(Object.keys(spec).length > 0 ? { spec } : {}),
  } as KubeObject);
}

const store = (object: KubeObject): KubeObject =>
  deepFreeze({ ...object, metadata: { ...object.metadata, uid: 'u' } });

/** Everything that `part` says is so in `whole`; lists of objects by name. */
function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part) && Array.isArray(whole) && part.some(isObject))
    return part.every(item =>
      whole.some(each => (each as { name: string }).name === item.name && contains(each, item)),
    );
  if (Array.isArray(part) && Array.isArray(whole)) return part.every(item => whole.includes(item));
  if (isObject(part))
    return isObject(whole) && Object.keys(part).every(key => contains(whole[key], part[key]));
  return equal(whole, part);
}

test('random appliers and updaters: what was applied is there, and owned; nothing is owned that is not there', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = seededRandom(seed);
    let live: KubeObject | undefined;
    for (let step = 0; step < 8; step++) {
      const manager = pick(random, ['me', 'you']);
      const options = { schema, apiVersion: 'apps/v1', kind: 'Deployment', now: step * 1000 };
      if (live && some(random, 0.3)) {
        const config = configuration(random);
        const update = { ...config, metadata: { ...config.metadata, uid: 'u' } } as KubeObject;
        live = store(trackUpdate(live, deepFreeze(update), { ...options, manager: 'updater' }));
      } else {
        const config = configuration(random);
        live = store(applyConfiguration(live, config, { ...options, manager, force: true }));
        assert.ok(contains(live, config), `seed ${seed}: what was applied is not there`);
        const entry = live.metadata?.managedFields?.find(
          each => each.manager === manager && each.operation === 'Apply',
        );
        const said = fieldSetOf(config, root);
        const owned = fromFieldsV1(entry?.fieldsV1);
        assert.equal(union(said, owned), said, `seed ${seed}: owns more than it applied`);
        const again = applyConfiguration(live, config, { ...options, manager, force: false });
        assert.equal(again, live, `seed ${seed}: applying again changed something`);
      }
      for (const entry of live.metadata?.managedFields ?? []) {
        const set = fromFieldsV1(entry.fieldsV1);
        assert.deepEqual(toFieldsV1(fromFieldsV1(structuredClone(entry.fieldsV1))), entry.fieldsV1);
        for (const path of set.paths())
          assert.ok(
            reaches(live, path),
            `seed ${seed}: ${entry.manager} owns ${path.join(' ')}, which is not there`,
          );
      }
    }
  }
});

/** True if a path of field names, keys and values leads to something. */
function reaches(value: unknown, [element, ...rest]: readonly string[]): boolean {
  if (element === undefined) return value !== undefined;
  const text = element.slice(2);
  if (element.startsWith('f:')) return isObject(value) && text in value && reaches(value[text], rest);
  if (!Array.isArray(value)) return false;
  const wanted: unknown = JSON.parse(text);
  const item = value.find(each =>
    isObject(wanted) ? contains({ protocol: 'TCP', ...each }, wanted) : each === wanted,
  );
  return item !== undefined && reaches(item, rest);
}

test('an object without all fields that it has is empty', () => {
  for (let seed = 0; seed < 100; seed++) {
    const config = configuration(seededRandom(seed));
    const all = fieldSetOf(config, root);
    const left = removeFields(config, all, root);
    assert.ok(left === undefined || fieldSetOf(left, root).empty, `seed ${seed}`);
    assert.ok(difference(all, all).empty);
  }
});
