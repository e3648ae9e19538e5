import type { DatatypeName } from '../../parsers/nft/ast.ts';
import { proto as all } from './generated/proto.ts';
import type { Field, Proto } from './proto/_types.ts';

export type { Field, Proto, ProtoBase } from './proto/_types.ts';

const byName = new Map<string, Proto>((all as readonly Proto[]).map((p) => [p.name, p]));

export const PROTOCOLS: readonly Proto[] = all;
export const protocol = (name: string): Proto | undefined => byName.get(name);
export const protocolField = (proto: string, field: string): Field | undefined => byName.get(proto)?.fields.find((f) => f.name === field);

/** proto_find_upper */
export const upperOf = (base: Proto | undefined, number: number): Proto | undefined => {
  const name = base?.upper.find(([n]) => n === number)?.[1];
  return name === undefined ? undefined : byName.get(name);
};
/** proto_find_num; -1: not an upper protocol of `base`. */
export const numberOf = (base: Proto | undefined, upper: Proto | string): number => {
  const name = typeof upper === 'string' ? upper : upper.name;
  return base?.upper.find(([, n]) => n === name)?.[0] ?? -1;
};

/** The key field of a protocol with its type. */
export const keyField = (p: Proto): Field | undefined => p.fields.find((f) => f.name === p.key);
const _fieldType = (f: Field): DatatypeName => f.dtype;
