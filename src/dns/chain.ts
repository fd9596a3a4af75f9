// What an alias leads to outside of the cluster. Such aliases are rare: the library is loaded with the first of them.
import { type ResourceRecord, types } from './message.ts';

/** The longest reply over UDP that is asked for, in bytes. */
const ownSize = 1232;

/** A query for a name's addresses, as a stub resolver sends it. `type` is that of A or AAAA. */
export async function queryFor(name: string, type: number): Promise<Uint8Array> {
  const { encode, RECURSION_DESIRED } = await import('dns-packet');
  return encode({
    type: 'query',
    flags: RECURSION_DESIRED,
    questions: [{ name, type: type === types.AAAA ? 'AAAA' : 'A' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: ownSize,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
}

/** Its A, AAAA and CNAME records, in order. Rejects for a malformed reply. */
export async function addressChain(reply: Uint8Array): Promise<ResourceRecord[]> {
  const { decode } = await import('dns-packet');
  const { answers = [] } = decode(Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength));
  return answers.flatMap((answer): ResourceRecord[] => {
    if (answer.type !== 'A' && answer.type !== 'AAAA' && answer.type !== 'CNAME') return [];
    const head = { name: answer.name.toLowerCase(), ttl: answer.ttl ?? 0 };
    if (answer.type === 'CNAME') return [{ ...head, type: 'CNAME', target: answer.data.toLowerCase() }];
    return [{ ...head, type: answer.type, address: answer.data }];
  });
}
