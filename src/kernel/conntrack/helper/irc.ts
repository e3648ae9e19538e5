import { CTINFO } from '../../net/skb.ts';
import { mangleTcp } from '../../nat/mangle.ts';
import { IPS_NAT_MASK } from '../entry.ts';
import type { Helper } from '../helper-definition.ts';
import { dirOf } from '../protocol.ts';
import { sameBytes } from '../tuple.ts';
import { expect, expectation, expectPort } from './_expect.ts';
import { bytesOf, latin1 } from './_text.ts';

const COMMANDS = ['SEND ', 'CHAT ', 'MOVE ', 'TSEND ', 'SCHAT '] as const;

/** parse_dcc: `name address port`; positions are in the payload. */
function dcc(data: string, from: number): { addr: Uint8Array; port: number; at: number; len: number } | null {
  const space = data.indexOf(' ', from);
  if (space < 0 || space + 1 > data.length - 12 || !data.includes('\n', space + 1)) return null;
  const m = /^(\d*)( *)(\d*)/.exec(data.slice(space + 1));
  if (!m) return null;
  const ip = Number(m[1] || 0) >>> 0;
  return { addr: Uint8Array.of(ip >>> 24, (ip >>> 16) & 255, (ip >>> 8) & 255, ip & 255), port: Number(m[3] || 0) & 0xffff, at: space + 1, len: m[0].length };
}

/** net/netfilter/nf_conntrack_irc.c, nf_nat_irc.c: DCC offers of a client. */
export const helper: Helper = {
  name: 'irc',
  l3num: 2,
  l4proto: 6,
  ports: [6667],
  policies: [{ name: 'irc', maxExpected: 8, timeout: 300 }],
  help(net, skb, at, ct, ctinfo) {
    if (ctinfo !== CTINFO.established) return 'accept';
    const b = skb.data;
    if (b.length < at + 20) return 'accept';
    const start = at + (b[at + 12] >> 4) * 4;
    const data = latin1(b, start, b.length);
    let i = 0;
    while (i < data.length - 10 && ' \r\n'.includes(data[i])) i++;
    if (i < data.length - 10) {
      if (data.slice(i, i + 8).toUpperCase() !== 'PRIVMSG ') return 'accept';
      i += 8;
    }
    const message = data.indexOf(' :', i);
    if (message < 0 || message >= data.length - 26 || !data.startsWith('\x01DCC ', message + 2)) return 'accept';
    const command = message + 7;
    for (const name of COMMANDS) {
      if (!data.startsWith(name, command)) continue;
      const d = dcc(data, command + name.length);
      if (!d) continue;
      const dir = dirOf(ctinfo),
        other = dir === 0 ? 1 : 0;
      if ((!sameBytes(ct.tuple(dir).src, d.addr) && !sameBytes(ct.tuple(other).dst, d.addr)) || d.port === 0) continue;
      const exp = expectation(ct, { protonum: 6, src: null, dst: ct.tuple(other).dst, sport: null, dport: d.port });
      if (!(ct.status & IPS_NAT_MASK)) return expect(net, exp) ? 'accept' : 'drop';
      const made = expectPort(net, { ...exp, savedProto: d.port, dir: 1, expectfn: 'nat-follow-master' }, d.port);
      if (!made) return 'drop';
      const to = ct.reply.dst;
      const ip = ((to[0] << 24) | (to[1] << 16) | (to[2] << 8) | to[3]) >>> 0;
      return mangleTcp(net, skb, ct, at, d.at, d.len, bytesOf(`${ip} ${made.tuple.dport}`)) ? 'accept' : 'drop';
    }
    return 'accept';
  },
};
