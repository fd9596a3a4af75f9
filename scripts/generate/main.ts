// `npm run generate`: types, resource constants, schema and operations from the official client, whose package version pins them.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readModels } from './models.ts';
import { readOperations } from './operations.ts';
import { moduleName, type ResourceFacts, readResources, resourceModule } from './resources.ts';
import { typesText } from './types.ts';

const entry = fileURLToPath(import.meta.resolve('@kubernetes/client-node'));
const root = join(dirname(entry), 'gen');
const target = fileURLToPath(new URL('../../src/api/generated/', import.meta.url));

const models = await readModels(root);
const operations = readOperations(root);
const resources = readResources(operations);

rmSync(target, { recursive: true, force: true });
mkdirSync(join(target, 'resources'), { recursive: true });
writeFileSync(join(target, 'types.ts'), typesText(models));
const modules = new Map<string, ResourceFacts[]>();
for (const facts of resources) {
  const name = moduleName(facts.group, facts.version);
  modules.set(name, [...(modules.get(name) ?? []), facts]);
}
for (const [name, list] of modules)
  writeFileSync(join(target, 'resources', `${name}.ts`), resourceModule(list));
writeFileSync(join(target, 'resources.json'), JSON.stringify(resources));
writeFileSync(join(target, 'operations.json'), JSON.stringify(operations));
writeFileSync(
  join(target, 'models.json'),
  JSON.stringify(
    models.map(model => ({
      ...model,
      doc: undefined,
      properties: model.properties.map(p => ({ ...p, doc: undefined })),
    })),
  ),
);
writeFileSync(
  join(target, 'docs.json'),
  JSON.stringify(
    Object.fromEntries(
      models.map(m => [m.name, [m.doc, Object.fromEntries(m.properties.map(p => [p.name, p.doc]))]]),
    ),
  ),
);
console.log(
  `generated ${models.length} models and ${resources.length} resources in ${modules.size} group-versions`,
);
