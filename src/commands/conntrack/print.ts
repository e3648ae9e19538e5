import { IPS } from '../../kernel/conntrack/entry.ts';
import { formatIp } from './address.ts';
import type { LabelMap } from './labels.ts';
import { type CtObject, replyIdOf, type Side } from './object.ts';
import { DCCP_STATES } from './proto/dccp.ts';
import { SCTP_STATES } from './proto/sctp.ts';
import { TCP_STATES } from './proto/tcp.ts';

export type MessageType = 'new' | 'update' | 'destroy' | null;

export interface PrintFlags {
  readonly layer3: boolean;
  readonly id: boolean;
  readonly ktimestamp: boolean;
  /** `<when>` of XML: wall clock milliseconds. */
  readonly when: number | null;
  readonly now: number;
  readonly map: LabelMap | null;
}

const L4_NAMES: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 33: 'dccp', 47: 'gre', 58: 'icmpv6', 132: 'sctp', 136: 'udplite' };
export const l4Name = (n: number): string => L4_NAMES[n] ?? 'unknown';
export const l3Name = (n: number): string => (n === 2 ? 'ipv4' : n === 10 ? 'ipv6' : 'unknown');

export const TYPE_WORDS = { new: '[NEW]', update: '[UPDATE]', destroy: '[DESTROY]' } as const;
export const typePrefix = (type: MessageType): string => (type ? `${TYPE_WORDS[type].padStart(9)} ` : '');

export const source = (s: Side): Uint8Array => s.src4 ?? s.src6 ?? new Uint8Array(s.l3 === 10 ? 16 : 4);
export const destination = (s: Side): Uint8Array => s.dst4 ?? s.dst6 ?? new Uint8Array(s.l3 === 10 ? 16 : 4);

/** __snprintf_proto: ports, keys or ICMP fields; nothing for other protocols. */
export function protoText(s: Side, icmp: { type?: number; code?: number; id?: number }): string {
  switch (s.l4) {
    case 6:
    case 17:
    case 33:
    case 132:
    case 136:
      return `sport=${s.sport ?? 0} dport=${s.dport ?? 0} `;
    case 47:
      return `srckey=0x${(s.sport ?? 0).toString(16)} dstkey=0x${(s.dport ?? 0).toString(16)} `;
    case 1:
    case 58:
      return `type=${icmp.type ?? 0} code=${icmp.code ?? 0} id=${icmp.id ?? 0} `;
    default:
      return '';
  }
}

export const stateText = (o: CtObject): string | undefined =>
  o.tcpState !== undefined ? TCP_STATES[o.tcpState] : o.sctpState !== undefined ? SCTP_STATES[o.sctpState] : o.dccpState !== undefined ? DCCP_STATES[o.dccpState] : undefined;

export const deltaTime = (o: CtObject, now: number): number => Math.max(0, Math.floor((o.stop ?? now) / 1000) - Math.floor((o.start ?? 0) / 1000));

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
  MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** ctime(3) in UTC, without its newline. */
export function ctime(ms: number): string {
  const d = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${DAYS[d.getUTCDay()]} ${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${d.getUTCFullYear()}`;
}

export function labelNames(labels: Uint8Array, map: LabelMap): string[] {
  const out: string[] = [];
  for (let bit = 0; bit < labels.length * 8; bit++) {
    const name = labels[bit >> 3] & (1 << (bit & 7)) ? map.name(bit) : undefined;
    if (name !== undefined && name !== '') out.push(name);
  }
  return out;
}

/** __snprintf_conntrack_default: one line without newline. */
export function printConntrack(o: CtObject, type: MessageType, flags: PrintFlags): string {
  const status = o.status ?? 0;
  let t = typePrefix(type);
  if (flags.layer3) t += `${l3Name(o.orig.l3 ?? 0).padEnd(8)} ${o.orig.l3 ?? 0} `;
  t += `${l4Name(o.orig.l4 ?? 0).padEnd(8)} ${o.orig.l4 ?? 0} `;
  if (o.timeout !== undefined) t += `${o.timeout} `;
  const state = stateText(o);
  if (state !== undefined) t += `${state} `;
  t += direction(o.orig, o.icmp, 'zone-orig');
  if (o.status !== undefined && !(status & IPS.SEEN_REPLY)) t += '[UNREPLIED] ';
  t += direction(o.repl, { ...o.icmp, type: o.icmp.replyType, id: replyIdOf(o) }, 'zone-reply');
  if (status & IPS.HW_OFFLOAD) t += '[HW_OFFLOAD] ';
  else if (status & IPS.OFFLOAD) t += '[OFFLOAD] ';
  else if (status & IPS.ASSURED) t += '[ASSURED] ';
  if (o.mark !== undefined) t += `mark=${o.mark} `;
  if (o.secmark !== undefined) t += `secmark=${o.secmark} `;
  if (o.zone !== undefined) t += `zone=${o.zone} `;
  if (o.start !== undefined) t += `delta-time=${deltaTime(o, flags.now)} `;
  if (flags.ktimestamp && o.start !== undefined) t += `[start=${ctime(o.start)}] `;
  if (flags.ktimestamp && o.stop !== undefined) t += `[stop=${ctime(o.stop)}] `;
  if (o.helper !== undefined) t += `helper=${o.helper} `;
  if (o.use !== undefined) t += `use=${o.use} `;
  if (flags.id && o.id !== undefined) t += `id=${o.id} `;
  const names = flags.map && o.labels ? labelNames(o.labels, flags.map) : [];
  if (names.length > 0) t += `labels=${names.join(',')} `;
  return t.slice(0, -1);
}

function direction(s: Side, icmp: { type?: number; code?: number; id?: number }, zoneWord: string): string {
  let t = `src=${formatIp(source(s))} dst=${formatIp(destination(s))} ${protoText(s, icmp)}`;
  if (s.zone !== undefined) t += `${zoneWord}=${s.zone} `;
  if (s.packets !== undefined && s.bytes !== undefined) t += `packets=${s.packets} bytes=${s.bytes} `;
  return t;
}
