import type { Netns } from '../../netns.ts';
import type { Conntrack, Tuple } from '../entry.ts';
import type { Expectation, NewExpectation } from '../expectation.ts';

type Wanted = { -readonly [K in keyof NewExpectation]: NewExpectation[K] };

/** nf_ct_expect_init: absent source address or port match any. */
export function expectation(master: Conntrack, o: { class?: number; protonum: number; src: Uint8Array | null; dst: Uint8Array; sport: number | null; dport: number }): Wanted {
  const zero = new Uint8Array(o.dst.length);
  const tuple: Tuple = { l3num: o.dst.length === 4 ? 2 : 10, protonum: o.protonum, src: o.src ?? zero, dst: o.dst, sport: o.sport ?? 0, dport: o.dport };
  return {
    tuple,
    mask: { src: o.src ? new Uint8Array(zero.length).fill(255) : zero, sport: o.sport === null ? 0 : 0xffff },
    master,
    zone: master.zone,
    flags: 0,
    class: o.class ?? 0,
    helper: null,
    expectfn: null,
    dir: 0,
    savedAddr: null,
    savedProto: 0,
  };
}

/** nf_ct_expect_related */
export const expect = (net: Netns, e: NewExpectation): Expectation | null => {
  const r = net.conntrack.expect.related(e);
  return typeof r === 'string' ? null : r;
};

/** nf_nat_exp_find_port: the wanted port, or another that is free; null: none. */
export function expectPort(net: Netns, e: NewExpectation, port: number): Expectation | null {
  const range = 0xffff - port;
  let attempts = Math.min(range, 128);
  for (let p = port; ; p = port + net.random.below(Math.max(range, 1))) {
    const r = net.conntrack.expect.related({ ...e, tuple: { ...e.tuple, dport: p } });
    // A port of zero says that there is none, though it is expected now.
    if (typeof r !== 'string') return p === 0 ? null : r;
    if (r !== 'EBUSY' || --attempts < 0) return null;
  }
}
