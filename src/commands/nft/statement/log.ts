import type { StmtOf } from '../../../parsers/nft/ast.ts';
import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';
import { valueText } from '../linearize/data.ts';
import { mkStmt } from '../node.ts';

export const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug', 'audit'];
const WARNING = 4;
const ALL = 0x2f;
const TCPSEQ = 1;
const TCPOPT = 2;
const IPOPT = 4;
const UID = 8;
const MACDECODE = 0x20;
/** Words of JSON's flags. */
export const LOG_FLAGS: readonly (readonly [number, string])[] = [
  [TCPSEQ, 'tcp sequence'],
  [TCPOPT, 'tcp options'],
  [IPOPT, 'ip options'],
  [UID, 'skuid'],
  [MACDECODE, 'ether'],
];

const prefixOf = (s: StmtOf<'log'>): string | undefined =>
  typeof s.prefix === 'string' || s.prefix === undefined ? s.prefix : s.prefix.kind === 'value' ? valueText(s.prefix) : s.prefix.kind === 'symbol' ? s.prefix.identifier : '';

function flagsText(flags: number): string {
  if ((flags & ALL) === ALL) return ' flags all';
  let text = '';
  if (flags & (TCPSEQ | TCPOPT)) text += ` flags tcp ${[flags & TCPSEQ ? 'sequence' : '', flags & TCPOPT ? 'options' : ''].filter(Boolean).join(',')}`;
  if (flags & IPOPT) text += ' flags ip options';
  if (flags & UID) text += ' flags skuid';
  if (flags & MACDECODE) text += ' flags ether';
  return text;
}

const only = (list: string[]): Json => (list.length === 1 ? (list[0] as string) : list);

export const statement: StatementDefinition<'log'> = {
  kind: 'log',
  linearize: (s, l) => {
    const prefix = prefixOf(s);
    if (s.group !== undefined)
      return l.add({
        kind: 'log',
        ...(prefix === undefined ? {} : { prefix }),
        group: s.group,
        ...(s.snaplen === undefined ? {} : { snaplen: s.snaplen }),
        ...(s.qthreshold === undefined ? {} : { qthreshold: s.qthreshold }),
      });
    return l.add({ kind: 'log', ...(prefix === undefined ? {} : { prefix }), ...(s.level === undefined ? {} : { level: s.level }), ...(s.flags ? { flags: s.flags } : {}) });
  },
  delinearize: {
    log: (e, d) =>
      d.add(
        mkStmt({
          kind: 'log',
          flags: e.flags ?? 0,
          ...(e.prefix === undefined ? {} : { prefix: e.prefix }),
          ...(e.group === undefined ? {} : { group: e.group }),
          ...(e.snaplen === undefined ? {} : { snaplen: e.snaplen }),
          ...(e.qthreshold ? { qthreshold: e.qthreshold } : {}),
          ...(e.level === undefined ? {} : { level: e.level }),
        }),
      ),
  },
  print: (s) => {
    const prefix = prefixOf(s);
    let text = 'log';
    if (prefix !== undefined) text += ` prefix "${prefix}"`;
    if (s.group !== undefined) text += ` group ${s.group}`;
    if (s.snaplen !== undefined) text += ` snaplen ${s.snaplen}`;
    if (s.qthreshold !== undefined) text += ` queue-threshold ${s.qthreshold}`;
    if (s.group === undefined && s.level !== undefined && s.level !== WARNING) text += ` level ${LEVELS[s.level] ?? 'unknown'}`;
    return text + flagsText(s.flags);
  },
  json: (s) => {
    const prefix = prefixOf(s);
    const out: { [k: string]: Json } = {};
    if (prefix !== undefined) out.prefix = prefix;
    if (s.group !== undefined) out.group = s.group;
    if (s.snaplen !== undefined) out.snaplen = s.snaplen;
    if (s.qthreshold !== undefined) out['queue-threshold'] = s.qthreshold;
    if (s.group === undefined && s.level !== undefined && s.level !== WARNING) out.level = LEVELS[s.level] ?? 'unknown';
    const words = (s.flags & ALL) === ALL ? ['all'] : LOG_FLAGS.filter(([bit]) => s.flags & bit).map(([, w]) => w);
    if (words.length) out.flags = only(words);
    return { log: Object.keys(out).length ? out : null };
  },
};
