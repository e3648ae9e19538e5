import { IPS } from '../../conntrack/entry.ts';
import type { Conntrack, Tuple } from '../../conntrack/entry.ts';
import { findHelper } from '../../conntrack/helpers.ts';
import type { Errno } from '../../errno.ts';
import type { Netns } from '../../netns.ts';
import type { CheckContext } from '../definition.ts';

/** struct xt_ct_target_info_v1 */
export type CtInfo = {
  readonly flags: number;
  readonly zone: number;
  readonly ctEvents: number;
  readonly expEvents: number;
  readonly helper: string;
  readonly timeout: string;
};
/** XT_CT_* */
export const CT_FLAG = { NOTRACK: 1, NOTRACK_ALIAS: 2, ZONE_ORIG: 4, ZONE_REPLY: 8, ZONE_MARK: 16 } as const;
export const emptyCt: CtInfo = { flags: 0, zone: 0, ctEvents: 0, expEvents: 0, helper: '', timeout: '' };

/** Bits of IPCT_* by the words of --ctevents, in the order they print. */
export const CT_EVENTS: readonly (readonly [string, number])[] = [
  ['new', 0],
  ['related', 1],
  ['destroy', 2],
  ['reply', 3],
  ['assured', 4],
  ['protoinfo', 5],
  ['helper', 6],
  ['mark', 7],
  ['natseqinfo', 8],
  ['secmark', 9],
];
export const EXP_EVENTS: readonly (readonly [string, number])[] = [['new', 0]];

/** Rules made while nobody listened: their template got no event extension (nf_conntrack_events=2), so their masks do not count. */
const unheard = new WeakSet<CtInfo>();

/** net/netfilter/xt_CT.c: xt_ct_set_helper, xt_ct_set_timeout: both want the protocol that the rule names. */
export function checkCt(i: CtInfo, c: CheckContext): Errno | null {
  if (c.table !== 'raw') return 'EINVAL';
  if (i.flags & CT_FLAG.NOTRACK) return null;
  if (c.net.conntrack.conf.events === 2 && !c.net.conntrack.hasListener) unheard.add(i);
  else unheard.delete(i);
  const proto = c.protoInverted ? 0 : c.proto;
  const l3num = c.family === 'ip6' ? 10 : 2;
  if (i.helper !== '' && (proto === 0 || !findHelper(i.helper, l3num, proto))) return 'ENOENT';
  if (i.timeout !== '') {
    if (proto === 0) return 'EINVAL';
    const policy = c.net.conntrack.timeouts.find(i.timeout);
    if (!policy) return 'ENOENT';
    if (policy.l3num !== l3num || policy.l4proto !== proto) return 'EINVAL';
  }
  return null;
}

const NOWHERE: Tuple = { l3num: 2, protonum: 0, src: new Uint8Array(4), dst: new Uint8Array(4), sport: 0, dport: 0 };

/** xt_ct_tg_check's template. */
export function templateOf(i: CtInfo, net: Netns): Conntrack {
  const dirs = i.flags & (CT_FLAG.ZONE_ORIG | CT_FLAG.ZONE_REPLY);
  const dir = dirs === CT_FLAG.ZONE_ORIG ? 'original' : dirs === CT_FLAG.ZONE_REPLY ? 'reply' : 'both';
  const template = net.conntrack.alloc({ id: i.zone, dir, mark: (i.flags & CT_FLAG.ZONE_MARK) !== 0 }, NOWHERE, NOWHERE);
  template.status |= IPS.TEMPLATE | IPS.CONFIRMED | (i.helper ? IPS.HELPER : 0);
  if (i.helper) template.helper = i.helper;
  if (i.timeout) template.timeoutPolicy = net.conntrack.timeouts.find(i.timeout) ?? null;
  if ((i.ctEvents || i.expEvents) && !unheard.has(i)) template.events = { ctmask: i.ctEvents, expmask: i.expEvents };
  return template;
}
