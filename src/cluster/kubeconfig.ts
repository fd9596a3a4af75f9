// Merging a cluster's context into the user's kubeconfig and taking it out again, leaving the rest of the file as it is.
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Document, parseDocument, YAMLMap, YAMLSeq } from 'yaml';
import type { Access } from './access.ts';
import { UserError } from './errors.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function parse(text: string, origin: string): Document {
  const document = text.trim() ? parseDocument(text) : new Document(new YAMLMap());
  if (document.errors.length > 0 || !(document.contents instanceof YAMLMap)) {
    throw new UserError(
      `${origin} is no valid kubeconfig: mend or move it, or set KUBECONFIG to another file`,
    );
  }
  return document;
}

const isNamed = (item: unknown, name: string): boolean =>
  item instanceof YAMLMap && item.get('name') === name;

function put(document: Document, list: string, name: string, value: object): void {
  let items = document.get(list);
  if (!(items instanceof YAMLSeq)) document.set(list, (items = new YAMLSeq()));
  const sequence = items as YAMLSeq;
  const entry = document.createNode({ name, ...value });
  const at = sequence.items.findIndex(item => isNamed(item, name));
  if (at < 0) sequence.add(entry);
  else sequence.items[at] = entry;
}

/** The kubeconfig text with the access merged in and made current. */
export function mergeAccess(text: string, access: Access, origin = 'the file'): string {
  const document = parse(text, origin);
  if (!document.has('apiVersion')) document.set('apiVersion', 'v1');
  if (!document.has('kind')) document.set('kind', 'Config');
  put(document, 'clusters', access.context, {
    cluster: { 'certificate-authority-data': base64(access.authority), server: access.server },
  });
  put(document, 'contexts', access.context, { context: { cluster: access.context, user: access.context } });
  put(document, 'users', access.context, {
    user: { 'client-certificate-data': base64(access.certificate), 'client-key-data': base64(access.key) },
  });
  document.set('current-context', access.context);
  if (!document.has('preferences')) document.set('preferences', {});
  return document.toString({ lineWidth: 0 });
}

/** The text without what `mergeAccess` put in; undefined when there was nothing of it. */
export function removeAccess(text: string, context: string, origin = 'the file'): string | undefined {
  const document = parse(text, origin);
  let found = false;
  for (const list of ['clusters', 'contexts', 'users']) {
    const items = document.get(list);
    if (!(items instanceof YAMLSeq)) continue;
    const kept = items.items.filter(item => !isNamed(item, context));
    found ||= kept.length < items.items.length;
    items.items = kept;
  }
  if (document.get('current-context') === context) {
    document.set('current-context', '');
    found = true;
  }
  return found ? document.toString({ lineWidth: 0 }) : undefined;
}

/** The files that kubectl reads: KUBECONFIG's list, or the one in the home folder. */
export function kubeconfigFiles(env: NodeJS.ProcessEnv = process.env): string[] {
  const listed = (env.KUBECONFIG ?? '').split(':').filter(Boolean);
  return listed.length > 0
    ? listed.map(file => resolve(file))
    : [join(env.HOME || homedir(), '.kube', 'config')];
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new UserError(`cannot read ${file}: ${(error as Error).message}`);
  }
};

function replace(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0o600;
    const partial = `${file}.${process.pid}.tmp`;
    writeFileSync(partial, text, { mode: mode & 0o777 });
    renameSync(partial, file);
  } catch (error) {
    throw new UserError(`cannot write ${file}: ${(error as Error).message}`);
  }
}

/** Merges into the first of the files (where kubectl writes); gives its path. */
export function installAccess(access: Access, env?: NodeJS.ProcessEnv): string {
  const file = kubeconfigFiles(env)[0]!;
  const before = read(file);
  const after = mergeAccess(before, access, file);
  if (after !== before) replace(file, after);
  return file;
}

/** Takes a context out of all of the files it is in. */
export function uninstallAccess(context: string, env?: NodeJS.ProcessEnv): void {
  for (const file of kubeconfigFiles(env)) {
    const before = read(file);
    if (!before.includes(context)) continue;
    const after = removeAccess(before, context, file);
    if (after !== undefined) replace(file, after);
  }
}
