import type { Conntrack, Tuple } from '../conntrack/entry.ts';
import { FIELD } from '../expr/field.ts';
import { IPS } from '../conntrack/entry.ts';
import type { HookState } from '../net/hook-state.ts';
import { CTINFO } from '../net/skb.ts';
import type { Skb } from '../net/skb.ts';
import { maskText, ntop } from './address.ts';
import type { ParsedOption, PrintContext } from './definition.ts';
import { besideTest, nothing, saidTests } from './field-tests.ts';
import type { SaidTests } from './field-tests.ts';
import { sameUnder, within } from './packet.ts';
import { fail } from './value.ts';

/** struct xt_conntrack_mtinfo3: the faces that `conntrack` and its other name `state` share (libxt_conntrack.c, xt_conntrack.c). */
export type ConntrackInfo = {
  /** XT_CONNTRACK_* of what is compared, and of what is inverted. */
  readonly match_flags: number;
  readonly invert_flags: number;
  readonly state_mask: number;
  readonly status_mask: number;
  readonly l4proto: number;
  readonly origsrc: Net | null;
  readonly origdst: Net | null;
  readonly replsrc: Net | null;
  readonly repldst: Net | null;
  readonly origsrc_port: readonly [number, number];
  readonly origdst_port: readonly [number, number];
  readonly replsrc_port: readonly [number, number];
  readonly repldst_port: readonly [number, number];
  readonly expires: readonly [number, number];
};
export type Net = { readonly address: Uint8Array; readonly mask: Uint8Array };

/** XT_CONNTRACK_* */
export const CT = {
  STATE: 1,
  PROTO: 2,
  ORIGSRC: 4,
  ORIGDST: 8,
  REPLSRC: 16,
  REPLDST: 32,
  STATUS: 64,
  EXPIRES: 128,
  ORIGSRC_PORT: 256,
  ORIGDST_PORT: 512,
  REPLSRC_PORT: 1024,
  REPLDST_PORT: 2048,
  DIRECTION: 4096,
  STATE_ALIAS: 8192,
} as const;

export const emptyConntrack = (): ConntrackInfo => ({
  match_flags: 0,
  invert_flags: 0,
  state_mask: 0,
  status_mask: 0,
  l4proto: 0,
  origsrc: null,
  origdst: null,
  replsrc: null,
  repldst: null,
  origsrc_port: [0, 0],
  origdst_port: [0, 0],
  replsrc_port: [0, 0],
  repldst_port: [0, 0],
  expires: [0, 0],
});

const STATE = { INVALID: 1, ESTABLISHED: 2, RELATED: 4, NEW: 8, SNAT: 64, DNAT: 128, UNTRACKED: 256 } as const;
type StateName = keyof typeof STATE;
const PARSE_ORDER: readonly StateName[] = ['INVALID', 'NEW', 'ESTABLISHED', 'RELATED', 'UNTRACKED', 'SNAT', 'DNAT'];
const PRINT_ORDER: readonly StateName[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'];
const STATUS: readonly (readonly [string, number])[] = [
  ['EXPECTED', 1],
  ['SEEN_REPLY', 2],
  ['ASSURED', 4],
  ['CONFIRMED', 8],
];

/** strncasecmp over the given word: any beginning of a name stands for it. */
const begins = (name: string, word: string): boolean => name.startsWith(word.toUpperCase());

/** conntrack_ps_states (ctstate) and state_parse_states (state). */
export function parseStates(arg: string, option: 'ctstate' | 'state'): number {
  const words = arg.split(',');
  let mask = 0;
  words.forEach((word, n) => {
    const rest = words.slice(n).join(',');
    const name = option === 'state' ? PARSE_ORDER.slice(0, 5) : PARSE_ORDER;
    if (rest === '' && option === 'state') fail('"--state" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED');
    const found = word === '' ? undefined : name.find((s) => begins(s, word));
    if (!found) return fail(`Bad ${option} "${rest}"`);
    mask |= STATE[found];
  });
  return mask;
}

export function parseStatuses(arg: string): number {
  const words = arg.split(',');
  let mask = 0;
  words.forEach((word, n) => {
    const found = word === '' ? undefined : [['NONE', 0] as const, ...STATUS].find(([name]) => begins(name, word));
    if (!found) return fail(`Bad ctstatus "${words.slice(n).join(',')}"`);
    mask |= found[1];
  });
  return mask;
}

const stateNames = (mask: number): string => PRINT_ORDER.filter((s) => mask & STATE[s]).join(',');
const statusNames = (mask: number): string =>
  STATUS.filter(([, bit]) => mask & bit)
    .map(([name]) => name)
    .join(',') || 'NONE';

/** Address options in the order in which they are printed. */
const ADDRESSES = [
  ['origsrc', CT.ORIGSRC],
  ['origdst', CT.ORIGDST],
  ['replsrc', CT.REPLSRC],
  ['repldst', CT.REPLDST],
] as const;
const PORTS = [
  ['origsrc', CT.ORIGSRC_PORT],
  ['origdst', CT.ORIGDST_PORT],
  ['replsrc', CT.REPLSRC_PORT],
  ['repldst', CT.REPLDST_PORT],
] as const;

/** conntrack_dump: `prefix` is `--` when saving. */
export function dumpConntrack(i: ConntrackInfo, prefix: '' | '--', context: PrintContext, numeric: boolean): string {
  let out = '';
  const say = (flag: number, text: string): void => {
    if (i.match_flags & flag) out += (i.invert_flags & flag ? ' !' : '') + text;
  };
  const address = (n: Net): string => {
    if (!numeric && n.address.every((b) => b === 0)) return ' anywhere';
    return ` ${(numeric ? undefined : context.names.hostName(n.address)) ?? ntop(n.address)}${maskText(n.mask)}`;
  };
  say(CT.STATE, ` ${prefix}${i.match_flags & CT.STATE_ALIAS ? 'state' : 'ctstate'} ${stateNames(i.state_mask)}`);
  say(CT.PROTO, ` ${prefix}ctproto ${i.l4proto}`);
  for (const [name, flag] of ADDRESSES) {
    const n = i[name];
    if (n) say(flag, ` ${prefix}ct${name}${address(n)}`);
  }
  for (const [name, flag] of PORTS) {
    const [lo, hi] = i[`${name}_port`];
    say(flag, ` ${prefix}ct${name}port ${hi === 0 || lo === hi ? lo : `${lo}:${hi}`}`);
  }
  say(CT.STATUS, ` ${prefix}ctstatus ${statusNames(i.status_mask)}`);
  say(CT.EXPIRES, ` ${prefix}ctexpire ${i.expires[0] === i.expires[1] ? i.expires[0] : `${i.expires[0]}:${i.expires[1]}`}`);
  if (i.match_flags & CT.DIRECTION) out += ` ${prefix}ctdir ${i.invert_flags & CT.DIRECTION ? 'REPLY' : 'ORIGINAL'}`;
  return out;
}

/** _conntrack3_mt_xlate. The inverted lists keep the real one's lone `!`, and SNAT or DNAT hides every other state. */
export function translateConntrack(i: ConntrackInfo): string {
  const parts: string[] = [];
  const has = (flag: number): boolean => (i.match_flags & flag) !== 0;
  const not = (flag: number): string => (i.invert_flags & flag ? '!= ' : '');
  const reply = has(CT.DIRECTION) && (i.invert_flags & CT.DIRECTION) !== 0;
  if (has(CT.DIRECTION)) parts.push(`ct direction ${reply ? 'reply' : 'original'}`);
  if (has(CT.PROTO)) parts.push(`ct ${reply ? 'reply' : 'original'} protocol ${not(CT.PROTO)}${i.l4proto}`);
  if (has(CT.STATE)) {
    // It looks whether --ctstatus is inverted.
    const unlike = i.invert_flags & CT.STATUS ? '!=' : '';
    if (i.state_mask & STATE.SNAT) parts.push(`ct status ${unlike}snat`);
    else if (i.state_mask & STATE.DNAT) parts.push(`ct status ${unlike}dnat`);
    else parts.push(`ct state ${i.invert_flags & CT.STATE ? '! ' : ''}${stateNames(i.state_mask).toLowerCase()}`);
  }
  if (has(CT.STATUS)) {
    const names = i.status_mask ? statusNames(i.status_mask).toLowerCase().replace('_', '-') : '';
    // NONE has no word, and leaves its blank.
    parts.push(`ct status ${i.invert_flags & CT.STATUS ? '! ' : ''}${names}`);
  }
  if (has(CT.EXPIRES)) parts.push(`ct expiration ${not(CT.EXPIRES)}${i.expires[0] === i.expires[1] ? i.expires[0] : `${i.expires[0]}-${i.expires[1]}`}`);
  const dir = (name: string): string => `ct ${name.startsWith('orig') ? 'original' : 'reply'}`;
  for (const [name, flag] of ADDRESSES) {
    const n = i[name];
    if (n && has(flag)) parts.push(`${dir(name)} ${name.endsWith('src') ? 'saddr' : 'daddr'} ${not(flag)}${ntop(n.address)}${translateMask(n)}`);
  }
  for (const [name, flag] of PORTS) {
    const [lo, hi] = i[`${name}_port`];
    if (has(flag)) parts.push(`${dir(name)} proto-${name.slice(4)} ${not(flag)}${lo === hi ? lo : `${lo}-${hi}`}`);
  }
  return parts.join(' ').trimEnd();
}

const translateMask = (n: Net): string => maskText(n.mask);

const isReply = (ctinfo: number): boolean => ctinfo >= 3;

/** xt_conntrack.c: conntrack_mt of revision 3. */
/** A state alone is plain bits; SNAT and DNAT are none of the packet's own. */
export function conntrackTests(i: ConntrackInfo): SaidTests {
  if ((i.match_flags & ~CT.STATE_ALIAS) !== CT.STATE || i.state_mask & (STATE.SNAT | STATE.DNAT)) return nothing;
  const mask = (i.state_mask & 0xf) | (i.state_mask & STATE.UNTRACKED ? 64 : 0);
  return saidTests(besideTest(FIELD.ctState, mask, 0, (i.invert_flags & CT.STATE) === 0));
}

export function matchConntrack(i: ConntrackInfo, skb: Skb, state: HookState): boolean {
  // What a rule of the raw table attached counts as a new connection (nf_ct_get).
  const ct = skb.ctinfo === CTINFO.untracked ? null : (skb.ct ?? skb.template);
  let bit: number = ct ? 1 << ((skb.ctinfo % 3) + 1) : skb.ctinfo === CTINFO.untracked ? STATE.UNTRACKED : STATE.INVALID;
  const wants = (flag: number): boolean => (i.match_flags & flag) !== 0;
  const differs = (flag: number, result: boolean): boolean => wants(flag) && result === ((i.invert_flags & flag) !== 0);
  if (wants(CT.STATE)) {
    if (ct && ct.status & IPS.SRC_NAT) bit |= STATE.SNAT;
    if (ct && ct.status & IPS.DST_NAT) bit |= STATE.DNAT;
    if (differs(CT.STATE, (i.state_mask & bit) !== 0)) return false;
  }
  if (!ct) return wants(CT.STATE);
  if (differs(CT.DIRECTION, !isReply(skb.ctinfo))) return false;
  for (const [name, flag] of ADDRESSES) {
    const n = i[name];
    if (n && differs(flag, sameUnder(tupleOf(ct, name)[name.endsWith('src') ? 'src' : 'dst'], n.address, n.mask))) return false;
  }
  if (differs(CT.PROTO, ct.original.protonum === i.l4proto)) return false;
  for (const [name, flag] of PORTS) {
    if (differs(flag, within(tupleOf(ct, name)[name.endsWith('src') ? 'sport' : 'dport'], i[`${name}_port`]))) return false;
  }
  if (differs(CT.STATUS, (ct.status & i.status_mask) !== 0)) return false;
  return !differs(CT.EXPIRES, within(secondsLeft(ct, state), i.expires));
}

const tupleOf = (ct: Conntrack, name: string): Tuple => (name.startsWith('orig') ? ct.original : ct.reply);
/** nf_ct_expires: before confirmation the timer does not run, and shows as 0. */
const secondsLeft = (ct: Conntrack, state: HookState): number => (ct.status & IPS_CONFIRMED ? Math.max(0, Math.floor((ct.expiresAt - state.net.clock.now() - 1) / 1000)) : 0);
const IPS_CONFIRMED = 8;

/** Sets the flag of an option, and that it is inverted. */
export function setFlag(info: { match_flags: number; invert_flags: number }, flag: number, o: ParsedOption): void {
  info.match_flags |= flag;
  if (o.inverted) info.invert_flags |= flag;
}
