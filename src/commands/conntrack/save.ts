import { IPS } from '../../kernel/conntrack/entry.ts';
import { formatIp } from './address.ts';
import type { CtObject } from './object.ts';
import { destination, source } from './print.ts';
import type { MessageType } from './print.ts';
import { protocolOf } from './protocols.ts';

const STATUS: readonly (readonly [number, string])[] = [[IPS.EXPECTED, 'EXPECTED'], [IPS.SEEN_REPLY, 'SEEN_REPLY'], [IPS.ASSURED, 'ASSURED'], [IPS.FIXED_TIMEOUT, 'FIXED_TIMEOUT']];
const LETTER = { new: '-A', update: '-U', destroy: '-D' } as const;

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/** NFCT_GOPT_IS_SNAT and friends: the status says so, and the other direction shows another address or port. */
export const isSnat = (o: CtObject): boolean => ((o.status ?? IPS.SRC_NAT) & IPS.SRC_NAT) !== 0 && !sameBytes(destination(o.repl), source(o.orig));
export const isDnat = (o: CtObject): boolean => ((o.status ?? IPS.DST_NAT) & IPS.DST_NAT) !== 0 && !sameBytes(source(o.repl), destination(o.orig));
export const isSpat = (o: CtObject): boolean => ((o.status ?? IPS.SRC_NAT) & IPS.SRC_NAT) !== 0 && (o.repl.dport ?? 0) !== (o.orig.sport ?? 0);
export const isDpat = (o: CtObject): boolean => ((o.status ?? IPS.DST_NAT) & IPS.DST_NAT) !== 0 && (o.repl.sport ?? 0) !== (o.orig.dport ?? 0);

/** `-o save`: the options that would make the entry (ct_save_snprintf). */
export function saveConntrack(o: CtObject, type: MessageType): string {
  let t = `${LETTER[type ?? 'new']} `;
  if (o.timeout !== undefined) t += `-t ${o.timeout} `;
  const words = STATUS.filter(([bit]) => (o.status ?? 0) & bit).map(([, w]) => w);
  t += `-u ${words.length ? words.join(',') : 'UNSET'} `;
  if (o.secmark !== undefined) t += `-c ${o.secmark} `;
  if (o.zone !== undefined) t += `-w ${o.zone} `;
  if (o.orig.zone !== undefined) t += `--orig-zone ${o.orig.zone} `;
  if (o.repl.zone !== undefined) t += `--reply-zone ${o.repl.zone} `;
  t += `-s ${formatIp(source(o.orig))} -d ${formatIp(destination(o.orig))} ${isDnat(o) ? '-g' : '-r'} ${formatIp(source(o.repl))} ${isSnat(o) ? '-n' : '-q'} ${formatIp(destination(o.repl))} `;
  const handler = protocolOf(o.orig.l4 ?? 0);
  t += handler ? `-p ${handler.name} ${handler.save(o)}` : `-p ${o.orig.l4 ?? 0} `;
  return t.trimEnd();
}
