import { mangleUdp } from '../../nat/mangle.ts';
import { IPS_NAT_MASK } from '../entry.ts';
import type { Helper } from '../helper-definition.ts';
import { dirOf } from '../protocol.ts';
import { expect, expectation, expectPort } from './_expect.ts';
import { bytesOf, latin1 } from './_text.ts';

/** net/netfilter/nf_conntrack_amanda.c: ports that the server names in its CONNECT line. */
export const helper: Helper = {
  name: 'amanda',
  l3num: 0,
  l4proto: 17,
  ports: [10080],
  policies: [{ name: 'amanda', maxExpected: 4, timeout: 180 }],
  help(net, skb, at, ct, ctinfo) {
    if (dirOf(ctinfo) === 0) return 'accept';
    net.conntrack.refresh(ct, 300);
    const data = latin1(skb.data, at + 8, skb.data.length);
    const connect = data.indexOf('CONNECT ');
    if (connect < 0) return 'accept';
    const start = connect + 8,
      stop = data.indexOf('\n', start);
    if (stop < 0) return 'accept';
    for (const word of ['DATA ', 'MESG ', 'INDEX ', 'STATE ']) {
      const text = latin1(skb.data, at + 8, skb.data.length).slice(0, stop);
      const i = text.indexOf(word, start);
      if (i < 0) continue;
      const m = /^\d+/.exec(text.slice(i + word.length, i + word.length + 5));
      if (!m || Number(m[0]) === 0) break;
      const port = Number(m[0]) & 0xffff,
        t = ct.original;
      const exp = expectation(ct, { protonum: 6, src: t.src, dst: t.dst, sport: null, dport: port });
      if (!(ct.status & IPS_NAT_MASK)) {
        if (!expect(net, exp)) return 'drop';
        continue;
      }
      const made = expectPort(net, { ...exp, savedProto: port, dir: 0, expectfn: 'nat-follow-master' }, port);
      if (!made || !mangleUdp(skb, at, i + word.length, m[0].length, bytesOf(String(made.tuple.dport)))) return 'drop';
    }
    return 'accept';
  },
};
