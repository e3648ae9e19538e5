import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';
import { mkStmt } from '../node.ts';

const MSS = 1;
const WSCALE = 2;
const SACK_PERM = 4;
const TIMESTAMP = 8;

export interface SynproxyValue {
  readonly mss: number;
  readonly wscale: number;
  readonly flags: number;
}

export const synproxyWords = (s: SynproxyValue): string[] => [s.flags & TIMESTAMP ? 'timestamp' : '', s.flags & SACK_PERM ? 'sack-perm' : ''].filter(Boolean);

export function synproxyJson(s: SynproxyValue): { [k: string]: Json } {
  const words = synproxyWords(s);
  return { ...(s.flags & MSS ? { mss: s.mss } : {}), ...(s.flags & WSCALE ? { wscale: s.wscale } : {}), ...(words.length ? { flags: words } : {}) };
}

export const statement: StatementDefinition<'synproxy'> = {
  kind: 'synproxy',
  linearize: (s, l) => l.add({ kind: 'synproxy', mss: s.mss, wscale: s.wscale, flags: s.flags | (s.mssGiven ? MSS : 0) | (s.wscaleGiven ? WSCALE : 0) }),
  delinearize: { synproxy: (e, d) => d.add(mkStmt({ kind: 'synproxy', mss: e.mss, wscale: e.wscale, flags: e.flags })) },
  print: (s) => ['synproxy', s.flags & (MSS | WSCALE) ? `mss ${s.mss} wscale ${s.wscale}` : '', ...synproxyWords(s)].filter(Boolean).join(' '),
  json: (s) => {
    const out = synproxyJson(s);
    return { synproxy: Object.keys(out).length ? out : null };
  },
};
