// `npm run generate`: types, resource constants, schema and operations from the official client, whose package version pins them.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { docsModule, modelsModule, operationsModule, resourceListModule } from './data.ts';
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

mkdirSync(join(target, 'resources'), { recursive: true });
const written = new Set<string>();
/** Files are replaced one by one, so that a running test never misses one that it is about to import. */
function write(name: string, text: string): void {
  writeFileSync(join(target, name), text);
  written.add(name);
}

write('types.ts', typesText(models));
const modules = new Map<string, ResourceFacts[]>();
for (const facts of resources) {
  const name = moduleName(facts.group, facts.version);
  modules.set(name, [...(modules.get(name) ?? []), facts]);
}
for (const [name, list] of modules) write(`resources/${name}.ts`, resourceModule(list));
write('resource-list.ts', resourceListModule(resources));
write('models.ts', modelsModule(models));
write('docs.ts', docsModule(models));
write('operations.ts', operationsModule(operations));
for (const name of readdirSync(target, { recursive: true }) as string[])
  if (/\.(ts|json)$/.test(name) && !written.has(name)) rmSync(join(target, name));
console.log(
  `generated ${models.length} models and ${resources.length} resources in ${modules.size} group-versions`,
);
