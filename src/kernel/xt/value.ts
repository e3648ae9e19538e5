import type { ParsedOption, PrintContext } from './definition.ts';
import { XtError } from './error.ts';

/** Typed access to what the option engine read, and the words that libxtables' helpers share between extensions. */

export const numberOf = (o: ParsedOption): number => Number(o.value as number | bigint);
export const bigOf = (o: ParsedOption): bigint => BigInt(o.value as number | bigint);
export const textOf = (o: ParsedOption): string => (typeof o.value === 'string' ? o.value : (o.raw ?? ''));
/** uintNrc, portrc: both ends; one value given means from it to itself. */
export const rangeOf = (o: ParsedOption): readonly [number, number] => {
  const v = o.value as readonly (number | bigint)[];
  return [Number(v[0]), Number(v[v.length - 1])];
};
export const bytesOf = (o: ParsedOption): Uint8Array => o.value as Uint8Array;

export function fail(message: string): never {
  throw new XtError('PARAMETER_PROBLEM', message);
}
/** xtables_param_act(XTF_BAD_VALUE). */
export const badValue = (extension: string, option: string, value: string): never => fail(`${extension}: Bad value for "${option}" option: "${value}"`);
/** xtables_param_act(XTF_NO_INVERT). */
const _noInvert = (extension: string, option: string): never => fail(`${extension}: "${option}" option cannot be inverted`);

/** %02x-style hexadecimal of an unsigned number. */
export const hex = (n: number, width = 0): string => (n >>> 0).toString(16).padStart(width, '0');

/** A port by name for a listing without -n. */
export const portName = (port: number, proto: string | null, context: PrintContext, numeric: boolean): string =>
  (numeric ? undefined : context.names.serviceName(port, proto)) ?? String(port);

/** The draft as the extension's own fields: it made them in `init`. */
export const draftOf = <T>(draft: { [field: string]: unknown }): { -readonly [K in keyof T]: T[K] } => draft as unknown as { -readonly [K in keyof T]: T[K] };
