import { defineExtension } from '../definition.ts';
import { portTest, saidTests, transportTest } from '../field-tests.ts';
import { transport, u16, within } from '../packet.ts';
import { ALL_PORTS, printPorts, savePorts, translatePorts } from '../ports.ts';
import type { PortRange } from '../ports.ts';
import { needProtocol } from '../check.ts';
import { draftOf, rangeOf } from '../value.ts';

/** struct xt_udp; invflags are XT_UDP_INV_*. */
export type UdpInfo = { readonly spts: PortRange; readonly dpts: PortRange; readonly invflags: number };
export const UDP_INV = { SRCPT: 1, DSTPT: 2, MASK: 3 } as const;

export const match = defineExtension<UdpInfo>({
  kind: 'match',
  name: 'udp',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'source-port', id: 'source-port', type: 'portrc', invert: true },
    { name: 'sport', id: 'source-port', type: 'portrc', invert: true },
    { name: 'destination-port', id: 'destination-port', type: 'portrc', invert: true },
    { name: 'dport', id: 'destination-port', type: 'portrc', invert: true },
  ],
  help: () => `udp match options:
[!] --source-port port[:port]
 --sport ...
				match source port(s)
[!] --destination-port port[:port]
 --dport ...
				match destination port(s)
`,
  init: () => ({ spts: ALL_PORTS, dpts: ALL_PORTS, invflags: 0 }),
  parse(o, draft) {
    const info = draftOf<UdpInfo>(draft);
    const isSource = o.option.id === 'source-port';
    if (isSource) info.spts = rangeOf(o);
    else info.dpts = rangeOf(o);
    if (o.inverted) info.invflags |= isSource ? UDP_INV.SRCPT : UDP_INV.DSTPT;
  },
  finish: (draft) => draftOf<UdpInfo>({ ...draft }),
  save: (i) => savePorts('sport', i.spts, (i.invflags & UDP_INV.SRCPT) !== 0) + savePorts('dport', i.dpts, (i.invflags & UDP_INV.DSTPT) !== 0),
  print: (i, c) =>
    ` udp${printPorts('spt', i.spts, (i.invflags & UDP_INV.SRCPT) !== 0, 'udp', c)}${printPorts('dpt', i.dpts, (i.invflags & UDP_INV.DSTPT) !== 0, 'udp', c)}` +
    (i.invflags & ~UDP_INV.MASK ? ` Unknown invflags: 0x${(i.invflags & ~UDP_INV.MASK).toString(16).toUpperCase()}` : ''),
  translate(i) {
    const parts = [translatePorts('udp sport', i.spts, (i.invflags & UDP_INV.SRCPT) !== 0), translatePorts('udp dport', i.dpts, (i.invflags & UDP_INV.DSTPT) !== 0)].filter(
      (p) => p !== null,
    );
    return parts.length ? parts.join(' ') : 'meta l4proto udp';
  },
  check: (i, c) => needProtocol(c, 17) ?? (i.invflags & ~UDP_INV.MASK ? 'EINVAL' : null),
  tests: (i) =>
    saidTests(portTest(0, 8, i.spts, (i.invflags & UDP_INV.SRCPT) !== 0), portTest(2, 8, i.dpts, (i.invflags & UDP_INV.DSTPT) !== 0), transportTest(0, 2, 8, 0, [[0, 0]], false)),
  match(i, skb) {
    if (skb.fragOffset !== 0) return false;
    const uh = transport(skb, 8);
    if (uh < 0) return 'hotdrop';
    return within(u16(skb, uh), i.spts) !== ((i.invflags & UDP_INV.SRCPT) !== 0) && within(u16(skb, uh + 2), i.dpts) !== ((i.invflags & UDP_INV.DSTPT) !== 0);
  },
});
