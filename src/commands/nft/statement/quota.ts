import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';
import { mkStmt } from '../node.ts';

const UNITS = ['bytes', 'kbytes', 'mbytes'];

/** get_rate: the largest unit that divides evenly. */
export function byteUnit(bytes: bigint): [bigint, string] {
  let n = bytes;
  let i = 0;
  while (n !== 0n && n % 1024n === 0n && i < UNITS.length - 1) {
    n /= 1024n;
    i++;
  }
  return [n, UNITS[i] as string];
}

export const statement: StatementDefinition<'quota'> = {
  kind: 'quota',
  linearize: (s, l) => l.add({ kind: 'quota', bytes: s.bytes, consumed: s.used, inv: s.inv }),
  delinearize: { quota: (e, d) => d.add(mkStmt({ kind: 'quota', bytes: e.bytes, used: e.consumed, inv: e.inv })) },
  print: (s, p) => {
    const used = !p.options.stateless && s.used ? ` used ${byteUnit(s.used).join(' ')}` : '';
    return `quota ${s.inv ? 'over ' : ''}${byteUnit(s.bytes).join(' ')}${used}`;
  },
  json: (s, p) => {
    const [val, unit] = byteUnit(s.bytes);
    const out: { [k: string]: Json } = { val, val_unit: unit };
    if (s.inv) out.inv = true;
    if (s.used && !p.options.stateless) [out.used, out.used_unit] = byteUnit(s.used) as [bigint, string];
    return { quota: out };
  },
};
