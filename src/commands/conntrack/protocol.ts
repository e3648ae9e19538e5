import type { LongOption } from '../getopt.ts';
import type { CommandName } from './options.ts';
import type { CtObject } from './object.ts';

/** Where an option's value goes: the flow, the expected tuple, or the mask. */
export interface Targets {
  readonly ct: CtObject;
  readonly exptuple: CtObject;
  readonly mask: CtObject;
}

/** One protocol of the tool (struct ctproto_handler). */
export interface ProtoHandler {
  readonly name: string;
  readonly protonum: number;
  /** Long options; `val` is the canonical name in `names`. */
  readonly options: readonly LongOption[];
  /** Canonical option names in the order of the tool's check. */
  readonly names: readonly string[];
  /** Rule characters an option, as in ../options.ts; a command that is absent takes none. */
  readonly matrix: Readonly<Partial<Record<CommandName, string>>>;
  readonly pairs: readonly (readonly [string, string])[];
  /** What is said when pair 0 / 1 is not complete. */
  readonly pairWords: readonly string[];
  readonly help: readonly string[];
  parse(name: string, value: string, to: Targets): void;
  /** `-o save`: options in order, without those that are not set. */
  save(ct: CtObject): string;
}

const required = (name: string, val: string): LongOption => ({ name, arg: 'required', val });
export const longs = (rows: readonly (readonly [string, string])[]): LongOption[] => rows.map(([n, v]) => required(n, v));

/** atoi(3) and strtol without a base: leading blanks and sign, then decimal digits. */
export function atoi(text: string): number {
  const m = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text);
  return m ? Number(BigInt.asIntN(32, BigInt(m[1]) > 0x7fffffffffffffffn ? -1n : BigInt(m[1]))) : 0;
}

export const port = (text: string): number => atoi(text) & 0xffff;

const opt = (name: string, value: number | string | undefined): string => (value === undefined ? '' : `${name} ${value} `);
export const saveFields = (fields: readonly (readonly [string, number | string | undefined])[]): string => fields.map(([n, v]) => opt(n, v)).join('');
