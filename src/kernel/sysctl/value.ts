import type { SysctlRow } from './definition.ts';

const INT_MAX = 0x7fffffff,
  HZ = 250;
const SPACE = ' \t\n\v\f\r';

/** One number as proc_get_long takes it: sign, base by prefix, then white space or the end. */
function number(word: string): { readonly negative: boolean; readonly value: bigint } | null {
  const m = /^(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.exec(word);
  if (!m) return null;
  const d = m[2];
  const value = /^0[xX]/.test(d) ? BigInt(d) : d.length > 1 && d[0] === '0' ? BigInt(`0o${d.slice(1)}`) : BigInt(d);
  return value > 0xffffffffffffffffn ? null : { negative: m[1] === '-', value };
}

/** The values that a write sets, at most `count`; null: refused. What follows them is not looked at. */
export function parseValues(text: string, row: SysctlRow, count: number): number[] | null {
  const out: number[] = [];
  let rest = text;
  while (out.length < count) {
    let i = 0;
    while (i < rest.length && SPACE.includes(rest[i])) i++;
    rest = rest.slice(i);
    if (rest === '') break;
    const word = /^[^ \t\n]*/.exec(rest)?.[0] ?? '';
    const n = number(word);
    const value = n && convert(n, row);
    if (value === null) return out.length > 0 && n === null ? out : null;
    out.push(value);
    rest = rest.slice(word.length);
  }
  return out.length > 0 ? out : null;
}

function convert({ negative, value }: { readonly negative: boolean; readonly value: bigint }, row: SysctlRow): number | null {
  const v = Number(value);
  const signed = negative ? -v : v;
  switch (row.type) {
    case 'int':
      if (v > INT_MAX + (negative ? 1 : 0)) return null;
      break;
    case 'jiffies':
      if (v > INT_MAX / HZ) return null;
      break;
    case 'uint':
    case 'u8':
      if (negative || v > 0xffffffff) return null;
      break;
    case 'ulong':
      if (negative) return null;
      break;
    case 'string':
      return null;
    default:
      return row.type satisfies never;
  }
  if ((row.min !== undefined && signed < row.min) || (row.max !== undefined && signed > row.max)) return null;
  return signed;
}

/** Jiffies are kept in an int: what nfct has set beyond it shows with a sign (do_proc_dointvec_jiffies_conv). */
function seconds(v: number): string {
  const jiffies = (v * HZ) | 0;
  return `${jiffies < 0 ? '-' : ''}${Math.floor(Math.abs(jiffies) / HZ)}`;
}

export function formatValue(value: readonly number[] | string, row: SysctlRow): string {
  if (typeof value === 'string') return value;
  if (row.type === 'jiffies') return value.map(seconds).join('\t');
  return value.map((v) => (row.type === 'uint' ? v >>> 0 : v)).join('\t');
}
