// Reads the official client's models (attribute maps from its JavaScript, optionality and texts from its
// declarations) into plain data.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** One property of a model. `type` is the client's TypeScript type text with timestamps still named `Date`. */
export interface Property {
  name: string;
  type: string;
  format: string;
  required: boolean;
  doc: string;
}

export interface Model {
  name: string;
  doc: string;
  properties: Property[];
}

interface Attribute {
  name: string;
  baseName: string;
  type: string;
  format: string;
}

const unescapeDoc = (text: string): string =>
  text
    .replace(/\\(['"`\\])/g, '$1')
    .replace(/&#39;|\\&#39;/g, "'")
    .trim();

/** The text of the doc comment and the `?` of each member, from a model's declaration file. */
function declarations(source: string): {
  doc: string;
  members: Map<string, { optional: boolean; doc: string }>;
} {
  const members = new Map<string, { optional: boolean; doc: string }>();
  const member = /(?:\/\*\*\s*([\s\S]*?)\*\/\s*)?\n\s*'([^']+)'(\?)?: /g;
  const body = source.slice(source.indexOf('export declare class'));
  for (const match of body.matchAll(member)) {
    const doc = (match[1] ?? '').replace(/^\s*\* ?/gm, '').trim();
    members.set(match[2]!, { optional: match[3] === '?', doc: unescapeDoc(doc) });
  }
  const head = /\/\*\*\s*\*\s?([^*][\s\S]*?)\*\/\s*export declare class/.exec(source);
  const docText = head ? head[1]!.split('/**').pop()! : '';
  return { doc: unescapeDoc(docText.replace(/^\s*\* ?/gm, '')), members };
}

/** All models of the client below `root` (its `dist/gen`), by name order. */
export async function readModels(root: string): Promise<Model[]> {
  const folder = join(root, 'models');
  const models: Model[] = [];
  for (const file of readdirSync(folder).filter(name => name.endsWith('.d.ts'))) {
    const name = file.slice(0, -'.d.ts'.length);
    if (name === 'ObjectSerializer' || name === 'all') continue;
    const module = (await import(pathToFileURL(join(folder, `${name}.js`)).href)) as Record<
      string,
      { attributeTypeMap?: Attribute[] }
    >;
    const attributes = module[name]?.attributeTypeMap;
    if (!attributes) continue;
    const declared = declarations(readFileSync(join(folder, file), 'utf8'));
    models.push({
      name,
      doc: declared.doc,
      properties: attributes.map(attribute => {
        const member = declared.members.get(attribute.name);
        return {
          name: attribute.baseName,
          type: attribute.type,
          format: attribute.format,
          required: member ? !member.optional : false,
          doc: member?.doc ?? '',
        };
      }),
    });
  }
  return models.sort((a, b) => (a.name < b.name ? -1 : 1));
}
