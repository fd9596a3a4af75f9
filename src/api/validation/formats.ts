// Checks that machinery/formats.ts has no need of: ports, addresses, keys, intervals (apimachinery pkg/util/validation, v1.36).
import { regexMessage, tooLongMessage } from '../../machinery/formats.ts';

export const inRange = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

export const portNumber = (port: number): string[] =>
  Number.isInteger(port) && port >= 1 && port <= 65535 ? [] : [inRange(1, 65535)];

/** IANA service name: names of ports. */
export function portName(name: string): string[] {
  const wrong: string[] = [];
  if (name.length > 15) wrong.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name))
    wrong.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) wrong.push('must contain at least one letter (a-z)');
  if (name.includes('--')) wrong.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) wrong.push('must not begin or end with a hyphen');
  return wrong;
}

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const v4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/** 4 or 6 for an address in its text form, undefined for anything else. Leading zeros are refused, as on new objects upstream. */
export function ipFamily(text: string): 4 | 6 | undefined {
  if (v4.test(text)) return 4;
  if (!text.includes(':') || !/^[0-9a-fA-F:.]+$/.test(text)) return undefined;
  const tail = text.slice(text.lastIndexOf(':') + 1);
  const embedded = tail.includes('.');
  if (embedded && !v4.test(tail)) return undefined;
  const plain = embedded ? `${text.slice(0, -tail.length)}0:0` : text;
  const halves = plain.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.flatMap(half => (half === '' ? [] : half.split(':')));
  if (groups.some(group => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return halves.length === 2 ? (groups.length < 8 ? 6 : undefined) : groups.length === 8 ? 6 : undefined;
}

export const ipAddress = (text: string): string[] =>
  ipFamily(text) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];

/** Whether it is a network such as `10.0.0.0/8`; bits below the mask are allowed. */
export function cidr(text: string): string[] {
  const slash = text.indexOf('/');
  const family = slash < 0 ? undefined : ipFamily(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  const valid = family && /^(0|[1-9]\d*)$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  return valid ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
}

const configKeyPattern = '[-._a-zA-Z0-9]+';
/** Keys of ConfigMaps and Secrets. */
export function configMapKey(key: string): string[] {
  const wrong = key.length > 253 ? [tooLongMessage(253)] : [];
  if (!/^[-._a-zA-Z0-9]+$/.test(key))
    wrong.push(
      regexMessage(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configKeyPattern,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  if (key === '.' || key === '..') wrong.push(`must not be '${key}'`);
  else if (key.startsWith('..')) wrong.push("must not start with '..'");
  return wrong;
}

/** Names of environment variables: printable ASCII but for `=`. */
export function environmentName(name: string): string[] {
  const valid = name.length > 0 && /^[ -<>-~]+$/.test(name);
  return valid
    ? []
    : [
        regexMessage(
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
          '[ -<>-~]+',
        ),
      ];
}

/** Part of a URL path: names of RBAC objects. */
export function pathSegment(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter(part => name.includes(part)).map(part => `may not contain '${part}'`);
}

/** Bytes of base64 text once decoded. */
export const decodedLength = (text: string): number =>
  Math.floor((text.length * 3) / 4) - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
