// Checks of names and labels with upstream's messages (apimachinery pkg/api/validate/content, v1.36).
// Each returns what is wrong, one sentence an item; nothing when the value is right.

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain1123 = `${label1123}(\\.${label1123})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualified})?`;

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
const label1123Pattern = whole(label1123);
const subdomain1123Pattern = whole(subdomain1123);
const label1035Pattern = whole(label1035);
const qualifiedPattern = whole(qualified);
const labelValuePattern = whole(labelValue);

/** Upstream's explanation of a pattern that does not match. */
export function regexMessage(message: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const shown = examples.map(example => `'${example}', `).join(' or ');
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

export const tooLongMessage = (length: number): string => `must be no more than ${length} bytes`;

/** Length in bytes of UTF-8, which is what upstream's limits count. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x800 && (code < 0xd800 || code > 0xdfff)) bytes += 2;
    else if (code >= 0x80) bytes += 1;
  }
  return bytes;
}

/** RFC 1123 label: namespaces, containers, endpoints' hostnames. */
export function dns1123Label(value: string): string[] {
  const wrong = byteLength(value) > 63 ? [tooLongMessage(63)] : [];
  if (label1123Pattern.test(value)) return wrong;
  if (subdomain1123Pattern.test(value)) wrong.push('must not contain dots');
  else
    wrong.push(
      regexMessage(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
        label1123,
        'my-name',
        '123-abc',
      ),
    );
  return wrong;
}

/** RFC 1123 subdomain: the names of most objects. */
export function dns1123Subdomain(value: string): string[] {
  const wrong = byteLength(value) > 253 ? [tooLongMessage(253)] : [];
  if (!subdomain1123Pattern.test(value))
    wrong.push(
      regexMessage(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        subdomain1123,
        'example.com',
      ),
    );
  return wrong;
}

/** RFC 1035 label: Services before v1.34's relaxation. */
export function dns1035Label(value: string): string[] {
  const wrong = byteLength(value) > 63 ? [tooLongMessage(63)] : [];
  if (!label1035Pattern.test(value))
    wrong.push(
      regexMessage(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        label1035,
        'my-name',
        'abc-123',
      ),
    );
  return wrong;
}

const qualifiedMessage = regexMessage(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  qualified,
  'MyName',
  'my.name',
  '123-abc',
);

/** A label's or annotation's key: an optional DNS prefix and a name. */
export function labelKey(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2)
    return [
      `a valid label key ${qualifiedMessage} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const wrong: string[] = [];
  const name = parts.at(-1)!;
  if (parts.length === 2) {
    const prefix = parts[0]!;
    if (prefix === '') wrong.push('prefix part must be non-empty');
    else wrong.push(...dns1123Subdomain(prefix).map(text => `prefix part ${text}`));
  }
  if (name === '') wrong.push('name part must be non-empty');
  else if (byteLength(name) > 63) wrong.push(`name part ${tooLongMessage(63)}`);
  if (!qualifiedPattern.test(name)) wrong.push(`name part ${qualifiedMessage}`);
  return wrong;
}

/** A label's value. */
export function labelText(value: string): string[] {
  const wrong = byteLength(value) > 63 ? [tooLongMessage(63)] : [];
  if (!labelValuePattern.test(value))
    wrong.push(
      regexMessage(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        labelValue,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  return wrong;
}
