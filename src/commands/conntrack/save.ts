import { IPS } from '../../kernel/conntrack/entry.ts';
import { formatIp } from './address.ts';
import { type CtObject, replyIdOf } from './object.ts';
import { destination, source } from './print.ts';
import type { MessageType } from './print.ts';
import { protocolOf } from './protocols.ts';

const STATUS: readonly (readonly [number, string])[] = [
  [IPS.EXPECTED, 'EXPECTED'],
  [IPS.SEEN_REPLY, 'SEEN_REPLY'],
  [IPS.ASSURED, 'ASSURED'],
  [IPS.FIXED_TIMEOUT, 'FIXED_TIMEOUT'],
];
const LETTER = { new: '-A', update: '-U', destroy: '-D' } as const;

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/** NFCT_GOPT_IS_SNAT and friends: the status says so, and the other direction shows another address or port. */
const done = (o: CtObject, bit: number): boolean => o.status === undefined || (o.status & bit) !== 0;
/** The 16 bits that stand where ports are: of ICMP the id, or type and code. */
const ports = (o: CtObject) =>
  o.orig.l4 === 1 || o.orig.l4 === 58
    ? { src: o.icmp.id ?? 0, dst: ((o.icmp.type ?? 0) << 8) | (o.icmp.code ?? 0), replySrc: replyIdOf(o) ?? 0, replyDst: ((o.icmp.replyType ?? 0) << 8) | (o.icmp.code ?? 0) }
    : { src: o.orig.sport ?? 0, dst: o.orig.dport ?? 0, replySrc: o.repl.sport ?? 0, replyDst: o.repl.dport ?? 0 };

export const isSnat = (o: CtObject): boolean => done(o, IPS.SRC_NAT_DONE) && !sameBytes(destination(o.repl), source(o.orig));
export const isDnat = (o: CtObject): boolean => done(o, IPS.DST_NAT_DONE) && !sameBytes(source(o.repl), destination(o.orig));
export const isSpat = (o: CtObject): boolean => done(o, IPS.SRC_NAT_DONE) && ports(o).replyDst !== ports(o).src;
export const isDpat = (o: CtObject): boolean => done(o, IPS.DST_NAT_DONE) && ports(o).replySrc !== ports(o).dst;

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
