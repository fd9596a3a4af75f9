// What the server says and hears, apart from its bytes.

export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

const typeNames = new Map<number, string>(Object.entries(types).map(([name, type]) => [type, name]));
for (const [type, name] of [
  [13, 'HINFO'],
  [35, 'NAPTR'],
  [43, 'DS'],
  [48, 'DNSKEY'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
] as const)
  typeNames.set(type, name);

/** For metrics: coredns, too, counts what it does not know as `other`. */
export const typeName = (type: number): string => typeNames.get(type) ?? 'other';

export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

export type Rcode = keyof typeof rcodes;

const rcodeNames = new Map<number, string>(Object.entries(rcodes).map(([name, code]) => [code, name]));
export const rcodeName = (code: number): string => rcodeNames.get(code) ?? `RCODE${code}`;

interface Head {
  /** Without the final dot. */
  name: string;
  ttl: number;
}

export type ResourceRecord = Head &
  (
    | { type: 'A' | 'AAAA'; address: string }
    | { type: 'CNAME' | 'PTR' | 'NS'; target: string }
    | { type: 'SRV'; priority: number; weight: number; port: number; target: string }
    | { type: 'TXT'; text: string }
    | { type: 'SOA'; primary: string; mailbox: string; serial: number; minimum: number }
  );

export interface Question {
  /** Lower case, without the final dot; empty for the root. */
  name: string;
  type: number;
  class: number;
}

export interface Query {
  id: number;
  question: Question;
  /** Where the question's bytes end (they start at 12). */
  questionEnd: number;
  recursionDesired: boolean;
  checkingDisabled: boolean;
  /** Absent where the client speaks no EDNS. */
  edns: { size: number; dnssec: boolean; version: number } | undefined;
}

export interface Answer {
  rcode: Rcode;
  answers: ResourceRecord[];
  authorities: ResourceRecord[];
  additionals: ResourceRecord[];
  authoritative: boolean;
  /** True where the next answer may differ though no record does (rotation, forwarded parts). */
  variable: boolean;
}
