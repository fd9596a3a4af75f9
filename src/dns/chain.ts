// The part of an upstream's reply that leads from a name to its addresses.
import { type ResourceRecord, types } from './message.ts';
import { skipName, WireError } from './wire.ts';

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/** A name that may be compressed; throws WireError for pointers that lead nowhere or in circles. */
function nameAt(bytes: Uint8Array, from: number): string {
  const labels: string[] = [];
  let at = from;
  for (let steps = 0; steps < 128; steps++) {
    const length = bytes[at];
    if (length === undefined) break;
    if (length === 0) return labels.join('.').toLowerCase();
    if (length >= 0xc0) at = u16(bytes, at) & 0x3fff;
    else {
      labels.push(String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length)));
      at += length + 1;
    }
  }
  throw new WireError('bad name');
}

/** Its A, AAAA and CNAME records, in order. Throws WireError for a malformed reply. */
export function addressChain(reply: Uint8Array): ResourceRecord[] {
  const found: ResourceRecord[] = [];
  let at = skipName(reply, 12) + 4;
  for (let left = u16(reply, 6); left > 0; left--) {
    const fixed = skipName(reply, at);
    const end = fixed + 10 + u16(reply, fixed + 8);
    if (end > reply.length) throw new WireError('short record');
    const code = u16(reply, fixed);
    const ttl = u16(reply, fixed + 4) * 65536 + u16(reply, fixed + 6);
    const head = { name: nameAt(reply, at), ttl };
    if (code === types.CNAME) found.push({ ...head, type: 'CNAME', target: nameAt(reply, fixed + 10) });
    if (code === types.A || code === types.AAAA)
      found.push({ ...head, type: 'raw', code, data: new Uint8Array(reply.subarray(fixed + 10, end)) });
    at = end;
  }
  return found;
}
