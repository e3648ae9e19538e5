import { u16 } from '../../net/wire/bytes.ts';
import { IPS_NAT_MASK } from '../entry.ts';
import type { Helper } from '../helper-definition.ts';
import { expect, expectation } from './_expect.ts';

/** net/netfilter/nf_conntrack_tftp.c, nf_nat_tftp.c: read and write requests are answered from another port. */
export const helper: Helper = {
  name: 'tftp',
  l3num: 0,
  l4proto: 17,
  ports: [69],
  policies: [{ name: 'tftp', maxExpected: 1, timeout: 300 }],
  help(net, skb, at, ct) {
    if (skb.data.length < at + 10) return 'accept';
    const opcode = u16(skb.data, at + 8);
    if (opcode !== 1 && opcode !== 2) return 'accept';
    const t = ct.reply;
    const exp = expectation(ct, { protonum: 17, src: t.src, dst: t.dst, sport: null, dport: t.dport });
    if (ct.status & IPS_NAT_MASK) Object.assign(exp, { savedProto: ct.original.sport, dir: 1, expectfn: 'nat-follow-master' });
    return expect(net, exp) ? 'accept' : 'drop';
  },
};
