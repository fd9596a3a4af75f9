import { groupResource } from '../api/resource.ts';
import { StatusError } from '../machinery/status-error.ts';
import type { Attributes, Authorizer } from './contracts.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const sanitize = (text: string): string => text.replace(/[&<>]/g, character => escapes[character]!);

function sentence({
  user,
  verb,
  isResource,
  path,
  resource,
  subresource,
  group,
  namespace,
}: Attributes): string {
  const who = `User "${user.name}" cannot ${verb}`;
  if (!isResource) return `${who} path "${path}"`;
  const what = `${who} resource "${subresource ? `${resource}/${subresource}` : resource}" in API group "${group}"`;
  return namespace ? `${what} in the namespace "${namespace}"` : `${what} at the cluster scope`;
}

/** Throws upstream's Forbidden unless the authorizer allows it. */
export async function authorize(authorizer: Authorizer, attributes: Attributes): Promise<void> {
  const decision = authorizer(attributes);
  const { allowed, reason } = decision instanceof Promise ? await decision : decision;
  if (allowed) return;
  const text = sanitize(sentence(attributes));
  const why = reason ? `${text}: ${reason}` : text;
  const { group, resource, name } = attributes;
  if (!resource) throw new StatusError('Forbidden', `forbidden: ${why}`, {});
  const qualified = groupResource({ group, resource });
  throw new StatusError(
    'Forbidden',
    name ? `${qualified} "${name}" is forbidden: ${why}` : `${qualified} is forbidden: ${why}`,
    { ...(name ? { name } : {}), ...(group ? { group } : {}), kind: resource },
  );
}
