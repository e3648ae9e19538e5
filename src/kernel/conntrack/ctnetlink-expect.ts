import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';
import { DEFAULT_ZONE } from './entry.ts';
import type { Zone } from './entry.ts';
import { parseTuple } from './ctnetlink.ts';
import type { TupleMessage } from './ctnetlink.ts';
import type { Expectation } from './expectation.ts';
import { EXPECT } from './expectation.ts';

/** An IPCTNL_MSG_EXP_* request. */
export interface ExpMessage {
  readonly tuple?: TupleMessage;
  readonly mask?: TupleMessage;
  readonly master?: TupleMessage;
  readonly zone?: number;
  readonly timeout?: number;
}

const zoneOf = (m: ExpMessage): Zone => (m.zone === undefined ? DEFAULT_ZONE : { id: m.zone, dir: 'both' });

/** ctnetlink_get_expect: by the expected tuple, or by the master's. */
export function expectGet(net: Netns, m: ExpMessage): Expectation | Errno {
  const t = m.tuple ?? m.master;
  const tuple = t && parseTuple(t);
  if (!tuple) return 'EINVAL';
  return net.conntrack.expect.find(zoneOf(m), tuple) ?? 'ENOENT';
}

/** ctnetlink_del_expect */
export function expectDelete(net: Netns, m: ExpMessage, portid: number): Errno | null {
  const exp = expectGet(net, m);
  if (typeof exp === 'string') return exp;
  net.conntrack.expect.unlink(exp, portid);
  return null;
}

export function expectFlush(net: Netns, portid: number): void {
  for (const exp of net.conntrack.expect.entries()) net.conntrack.expect.unlink(exp, portid);
}

/** ctnetlink_new_expect with NLM_F_CREATE | NLM_F_EXCL → ctnetlink_create_expect */
export function expectNew(net: Netns, m: ExpMessage, portid: number): Errno | 'ESHUTDOWN' | null {
  if (!m.tuple || !m.mask || !m.master) return 'EINVAL';
  const tuple = parseTuple(m.tuple);
  if (!tuple) return 'EINVAL';
  const zone = zoneOf(m);
  if (net.conntrack.expect.find(zone, tuple)) return 'EEXIST';
  const masterTuple = parseTuple(m.master);
  if (!masterTuple) return 'EINVAL';
  const master = net.conntrack.find(zone, masterTuple)?.ct;
  if (!master) return 'ENOENT';
  const userspace = master.helper === null;
  if (userspace) return 'ESHUTDOWN';
  const made = net.conntrack.expect.related(
    {
      tuple,
      mask: { src: m.mask.src, sport: m.mask.sport ?? m.mask.icmp?.id ?? 0 },
      master,
      zone,
      class: 0,
      helper: master.helper,
      flags: userspace ? EXPECT.USERSPACE : 0,
      expectfn: null,
      dir: 0,
      savedAddr: null,
      savedProto: 0,
    },
    { portid },
  );
  return typeof made === 'string' ? made : null;
}
