import { closestSymbol } from '../../../parsers/nft/misspell.ts';
import type { DatatypeName } from '../../../parsers/nft/ast.ts';
import { etheraddr, inetService, ipv4, ipv6, lladdr } from './address.ts';
import { asWord, bitmask, boolean, error, ifname, integer, invalid, mark, printInteger, string, symbolic, verdict, xinteger } from './basic.ts';
import { cgroupv2, classid, ctLabel, devgroup, gid, ifindex, realm, uid } from './host.ts';
import { SYMBOLIC } from './symbols.ts';
import { date, hour, time } from './time.ts';
import type { Datatype, Json, NameContext, Parsed, PrintContext, Valued } from './types.ts';

export type * from './types.ts';
export { NO_OPTIONS } from './types.ts';

const ALL: readonly Datatype[] = [
  invalid,
  verdict,
  bitmask,
  integer,
  string,
  lladdr,
  ipv4,
  ipv6,
  etheraddr,
  inetService,
  time,
  mark,
  ifindex,
  realm,
  classid,
  uid,
  gid,
  ctLabel,
  devgroup,
  boolean,
  ifname,
  date,
  hour,
  cgroupv2,
  xinteger,
  ...SYMBOLIC,
];

const byId = new Map<DatatypeName, Datatype>(ALL.map((d) => [d.id, d]));
const byNumber = new Map<number, Datatype>();
for (const d of ALL) if (d.number && !byNumber.has(d.number)) byNumber.set(d.number, d);

/** Concatenations are known by the names of their fields: `ipv4_addr . inet_service`. */
export function datatype(id: DatatypeName): Datatype {
  const known = byId.get(id);
  if (known) return known;
  if (id.includes(' . ')) return concatType(id.split(' . ').map(datatype));
  throw new Error(`no datatype ${id}`);
}

/** By the name a user writes in `type …`; undefined: unknown. */
export const datatypeByName = (name: string): Datatype | undefined => ALL.find((d) => d.name === name && d.number !== 0);
export const datatypeByNumber = (n: number): Datatype | undefined => (n > 63 ? numberedConcat(n) : byNumber.get(n));

const TYPE_BITS = 6;

function numberedConcat(n: number): Datatype | undefined {
  const fields: Datatype[] = [];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 64)) {
    const d = byNumber.get(rest % 64);
    if (!d) return undefined;
    fields.unshift(d);
  }
  return concatType(fields);
}

export function concatType(fields: readonly Datatype[]): Datatype {
  if (fields.length === 1) return fields[0] as Datatype;
  const id = fields.map((f) => f.id).join(' . ');
  const known = byId.get(id);
  if (known) return known;
  const made: Datatype = {
    id,
    name: fields.map((f) => f.name).join(' . '),
    desc: fields.map((f) => f.desc).join(', '),
    byteorder: 'invalid',
    number: fields.reduce((acc, f) => (acc * 2 ** TYPE_BITS + f.number) % 2 ** 32, 0),
    size: fields.reduce((acc, f) => acc + Math.ceil(f.size / 32) * 32, 0),
    fields,
  };
  byId.set(id, made);
  return made;
}

export const isConcat = (id: DatatypeName): boolean => id.includes(' . ');
export const fieldsOf = (id: DatatypeName): readonly Datatype[] => datatype(id).fields ?? [datatype(id)];

/** Does the type descend from `base` (datatype_equal on basetypes)? */
export function hasBase(id: DatatypeName, base: DatatypeName): boolean {
  for (let d: Datatype | undefined = datatype(id); d; d = d.base) if (d.id === base) return true;
  return false;
}

/** The root of a type's chain (expr_basetype). */
export function baseType(id: DatatypeName): Datatype {
  let d = datatype(id);
  while (d.base) d = d.base;
  return d;
}

/** symbol_parse: the first of the type and its bases that can read words. */
export function parseSymbol(id: DatatypeName, word: string, context: NameContext): Parsed {
  const self = datatype(id);
  for (let d: Datatype | undefined = self; d; d = d.base) {
    if (d.parse) return d.parse(word, context, self);
    if (d.symbols) return symbolicParse(self, d, word, context);
  }
  return error(`Could not parse symbolic ${self.desc} expression`);
}

/** symbolic_constant_parse: a word of the table, else what the base type reads, else the nearest word. */
function symbolicParse(self: Datatype, owner: Datatype, word: string, context: NameContext): Parsed {
  const table = owner.symbols?.(context).symbols ?? [];
  const found = table.find(([name]) => name === word);
  if (found) return { kind: 'value', dtype: self.id, constant: { value: found[1], byteorder: self.byteorder, len: self.size } };
  for (let d: Datatype | undefined = owner.base; d; d = d.base) {
    if (!d.parse) continue;
    const parsed = d.parse(word, context, self);
    if (parsed.kind !== 'error') return parsed;
    break;
  }
  const near = closestSymbol(
    word,
    table.map(([name]) => name),
  );
  return error(near ? `Could not parse ${self.desc} expression; did you you mean \`${near}\`?` : `Could not parse ${self.desc}`);
}

/** datatype_print */
export function printValue(id: DatatypeName, v: Valued, context: PrintContext): string {
  const self = datatype(id);
  for (let d: Datatype | undefined = self; d; d = d.base) {
    if (d === integer || d === xinteger) return printInteger(v, self);
    if (d.print) return d.print(v, context);
    if (d.symbols) return symbolic(v, self, context, false);
  }
  return v.value.toString();
}

/** datatype_json: a type with its own text but no JSON face is a string. */
export function jsonValue(id: DatatypeName, v: Valued, context: PrintContext): Json {
  const self = datatype(id);
  for (let d: Datatype | undefined = self; d; d = d.base) {
    if (d.json) return d.json(v, context);
    if (d === integer || d === xinteger) return jsonInteger(v.value);
    if (d.symbols) {
      const word = asWord(v, self);
      const found = d.symbols(context).symbols.find(([, value]) => value === word);
      if (!found) return jsonInteger(v.value);
      return context.options.numericSymbol ? jsonInteger(word) : found[0];
    }
    if (d.print) return d.print(v, context);
  }
  return jsonInteger(v.value);
}

const jsonInteger = (v: bigint): Json => (v < 1n << 64n ? BigInt.asIntN(64, v) : `0x${v.toString(16)}`);
