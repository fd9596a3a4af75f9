/** How values of a field are written: `varint` for numbers and booleans, `bytes` for all that has a length. */
export type FieldKind = 'number' | 'bool' | 'string' | 'bytes' | 'enum' | 'message' | 'map';

export interface Field {
  name: string;
  number: number;
  kind: FieldKind;
  repeated: boolean;
  /** Of a message. */
  message?: Message;
  /** Of an enum: names by number. */
  names?: Map<number, string>;
  numbers?: Map<string, number>;
}

export interface Message {
  /** In the order of the schema. */
  fields: Field[];
  byNumber: Map<number, Field>;
}

export interface Method {
  path: string;
  request: Message;
  response: Message;
}

const scalars: Record<string, FieldKind> = {
  string: 'string',
  bytes: 'bytes',
  bool: 'bool',
  int32: 'number',
  int64: 'number',
  uint32: 'number',
  uint64: 'number',
};

const token = /[A-Za-z_][\w.]*|\d+|[{}()=;<>,]/g;

/**
 * The methods of a schema, by `Service/Method`. Understands what our schemas have of the language: services, messages, enums (also
 * inside of messages), scalars, `repeated` and `map<string, string>`. Enum and message names are unique in a schema.
 */
export function parseSchema(packageName: string, text: string): Map<string, Method> {
  const tokens = text.replace(/\/\/.*$/gm, '').match(token) ?? [];
  const messages = new Map<string, Message>();
  const enums = new Map<string, Map<number, string>>();
  const pending: { field: Field; type: string }[] = [];
  const methods: { name: string; request: string; response: string }[] = [];
  let at = 0;
  const next = (): string => tokens[at++] ?? '';
  const expect = (wanted: string): void => {
    const got = next();
    if (got !== wanted) throw new SyntaxError(`schema: expected ${wanted}, got ${got}`);
  };

  const parseEnum = (): void => {
    const names = new Map<number, string>();
    enums.set(next(), names);
    expect('{');
    for (let name = next(); name !== '}'; name = next()) {
      expect('=');
      names.set(Number(next()), name);
      expect(';');
    }
  };
  const parseMessage = (): void => {
    const message: Message = { fields: [], byNumber: new Map() };
    messages.set(next(), message);
    expect('{');
    for (let word = next(); word !== '}'; word = next()) {
      if (word === 'enum') {
        parseEnum();
        continue;
      }
      const repeated = word === 'repeated';
      const type = repeated ? next() : word;
      if (type === 'map') for (const part of ['<', 'string', ',', 'string', '>']) expect(part);
      const name = next();
      expect('=');
      const kind = type === 'map' ? 'map' : (scalars[type] ?? 'message');
      const field: Field = { name, number: Number(next()), kind, repeated };
      expect(';');
      message.fields.push(field);
      message.byNumber.set(field.number, field);
      if (kind === 'message') pending.push({ field, type });
    }
  };
  const parseService = (): void => {
    const service = next();
    expect('{');
    for (let word = next(); word !== '}'; word = next()) {
      const name = `${service}/${next()}`;
      expect('(');
      const request = next();
      for (const part of [')', 'returns', '(']) expect(part);
      let response = next();
      if (response === 'stream') response = next();
      expect(')');
      expect(';');
      methods.push({ name, request, response });
      if (word !== 'rpc') throw new SyntaxError(`schema: expected rpc, got ${word}`);
    }
  };

  while (at < tokens.length) {
    const word = next();
    if (word === 'message') parseMessage();
    else if (word === 'enum') parseEnum();
    else if (word === 'service') parseService();
    else throw new SyntaxError(`schema: unexpected ${word}`);
  }
  for (const { field, type } of pending) {
    const names = enums.get(type);
    const message = messages.get(type);
    if (names) {
      field.kind = 'enum';
      field.names = names;
      field.numbers = new Map(Array.from(names, ([number, name]) => [name, number]));
    } else if (message) field.message = message;
    else throw new SyntaxError(`schema: no ${type}`);
  }
  const found = (name: string): Message => {
    const message = messages.get(name);
    if (!message) throw new SyntaxError(`schema: no ${name}`);
    return message;
  };
  return new Map(
    methods.map(({ name, request, response }) => [
      name,
      { path: `/${packageName}.${name}`, request: found(request), response: found(response) },
    ]),
  );
}
