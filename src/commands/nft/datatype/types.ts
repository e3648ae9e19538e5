import type { Names } from '../../../kernel/xt/definition.ts';
import type { ByteOrder, DatatypeName } from '../../../parsers/nft/ast.ts';

/** What of nft's output options changes how values are written (`-n`, `-N`, `-S`, `-u`, `-p`, `-y`, `-T`, `-s`, `-t`, `-a`, `-j`). */
export interface OutputOptions {
  readonly reverseDns: boolean;
  readonly service: boolean;
  /** `-u`: names of users and groups. */
  readonly guid: boolean;
  readonly numericPrio: boolean;
  readonly numericProto: boolean;
  readonly numericTime: boolean;
  readonly numericSymbol: boolean;
  readonly stateless: boolean;
  readonly terse: boolean;
  readonly handle: boolean;
}

export const NO_OPTIONS: OutputOptions = {
  reverseDns: false,
  service: false,
  guid: false,
  numericPrio: false,
  numericProto: false,
  numericTime: false,
  numericSymbol: false,
  stateless: false,
  terse: false,
  handle: false,
};

/** What values are read from and written by: name databases of the machine, interfaces of the namespace. */
export interface NameContext {
  readonly names: Names;
  ifindex(name: string): number | undefined;
  ifname(index: number): string | undefined;
  /** Inode number of a cgroup's folder, for `socket cgroupv2`. */
  cgroupId?(path: string): bigint | undefined;
  cgroupPath?(id: bigint): string | undefined;
  /** Seconds since 1970, for `meta time`. */
  now?(): number;
}

export interface PrintContext extends NameContext {
  /** Libraries of xtables targets loaded so far, with the family that was current (xtables_register_target keeps only its entries). */
  readonly xtLibraries?: Map<string, string>;
  /** Of the rule being printed, for translated xt extensions. */
  readonly family?: string;
  readonly proto?: { readonly number: number; readonly inverted: boolean };
  /** stderr, for extensions that complain while they are translated. */
  warn?(text: string): void;
  readonly options: OutputOptions;
}

export interface Constant {
  readonly value: bigint;
  readonly byteorder: ByteOrder;
  readonly len: number;
}

export type Parsed =
  | { readonly kind: 'value'; readonly dtype: DatatypeName; readonly constant: Constant }
  /** A host name with several addresses: they become a set. */
  | { readonly kind: 'values'; readonly dtype: DatatypeName; readonly constants: readonly Constant[] }
  /** `iifname` in inet_proto and the like: the word is not for this type, nor is it an error. */
  | { readonly kind: 'error'; readonly message: string };

export type Json = string | number | bigint | boolean | null | Json[] | { [key: string]: Json };

/** Value words of a type in the order of `nft describe`; the first name of a value is printed. */
export interface SymbolTable {
  readonly base: 'decimal' | 'hexadecimal';
  readonly symbols: readonly (readonly [string, bigint])[];
  /** Where the table was read from. */
  readonly file?: string;
}

/** What printers need of a value. */
export interface Valued {
  readonly value: bigint;
  readonly len: number;
  readonly byteorder: ByteOrder;
}

export interface Datatype {
  /** Key in the AST. */
  readonly id: DatatypeName;
  /** `nft describe`'s name. */
  readonly name: string;
  /** TYPE_*: what is stored as the type of a set's key. */
  readonly number: number;
  readonly desc: string;
  readonly byteorder: ByteOrder;
  /** Bits; 0: by the expression. */
  readonly size: number;
  readonly base?: Datatype;
  /** Ranges may be written as prefixes (DTYPE_F_PREFIX). */
  readonly prefixable?: boolean;
  /** Fields of a concatenation. */
  readonly fields?: readonly Datatype[];
  readonly symbols?: (context: NameContext) => SymbolTable;
  /** Hex digits to which numbers are padded; -1: hex without padding. */
  readonly hex?: number;
  parse?(word: string, context: NameContext, self: Datatype): Parsed;
  print?(value: Valued, context: PrintContext): string;
  json?(value: Valued, context: PrintContext): Json;
}
