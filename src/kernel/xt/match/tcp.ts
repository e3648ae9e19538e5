import { defineExtension } from '../definition.ts';
import { portTest, saidTests, transportTest } from '../field-tests.ts';
import { transport, u8, u16, within } from '../packet.ts';
import { ALL_PORTS, parsePortRange, printPorts, savePorts, translatePorts } from '../ports.ts';
import type { PortRange } from '../ports.ts';
import { needProtocol } from '../check.ts';
import { wholeUint } from '../number.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_tcp; invflags are XT_TCP_INV_*. */
export type TcpInfo = {
  readonly spts: PortRange;
  readonly dpts: PortRange;
  readonly option: number;
  readonly flg_mask: number;
  readonly flg_cmp: number;
  readonly invflags: number;
};
export const TCP_INV = { SRCPT: 1, DSTPT: 2, FLAGS: 4, OPTION: 8, MASK: 15 } as const;

const FLAGS: readonly (readonly [string, number])[] = [
  ['FIN', 1],
  ['SYN', 2],
  ['RST', 4],
  ['PSH', 8],
  ['ACK', 16],
  ['URG', 32],
  ['ALL', 63],
  ['NONE', 0],
];

function parseFlags(text: string): number {
  let flags = 0;
  for (const word of text.split(',').filter((w) => w !== '')) {
    const flag = FLAGS.find(([name]) => name === word.toUpperCase());
    if (!flag) return fail(`Unknown TCP flag \`${word}'`);
    flags |= flag[1];
  }
  return flags;
}

const flagNames = (flags: number): string =>
  FLAGS.filter(([, bit]) => bit !== 63 && flags & bit)
    .map(([name]) => name)
    .join(',') || 'NONE';
const flagHex = (flags: number): string => `0x${flags.toString(16).toUpperCase().padStart(2, '0')}`;
const flagWords = (flags: number): string => (flags === 0 ? '0x0' : flagNames(flags).toLowerCase());

export const match = defineExtension<TcpInfo>({
  kind: 'match',
  name: 'tcp',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'source-port', id: 'source-port', type: 'raw', invert: true, multi: true },
    { name: 'sport', id: 'source-port', type: 'raw', invert: true, multi: true },
    { name: 'destination-port', id: 'destination-port', type: 'raw', invert: true, multi: true },
    { name: 'dport', id: 'destination-port', type: 'raw', invert: true, multi: true },
    { name: 'syn', type: 'none', invert: true, multi: true, code: 51 },
    { name: 'tcp-flags', type: 'raw', invert: true, multi: true },
    { name: 'tcp-option', type: 'raw', invert: true, multi: true },
  ],
  help: () => `tcp match options:
[!] --tcp-flags mask comp	match when TCP flags & mask == comp
				(Flags: SYN ACK FIN RST URG PSH ALL NONE)
[!] --syn			match when only SYN flag set
				(equivalent to --tcp-flags SYN,RST,ACK,FIN SYN)
[!] --source-port port[:port]
 --sport ...
				match source port(s)
[!] --destination-port port[:port]
 --dport ...
				match destination port(s)
[!] --tcp-option number        match if TCP option set
`,
  init: () => ({ spts: ALL_PORTS, dpts: ALL_PORTS, option: 0, flg_mask: 0, flg_cmp: 0, invflags: 0, given: new Set<string>() }),
  parse(o, draft, context) {
    const info = draftOf<TcpInfo>(draft);
    const given = draft['given'] as Set<string>;
    const once = (key: string, message: string): void => {
      if (given.has(key)) fail(message);
      given.add(key);
    };
    const invert = (bit: number): void => {
      if (o.inverted) info.invflags |= bit;
    };
    switch (o.option.id ?? o.name) {
      case 'source-port':
        once('s', "Only one `--source-port' allowed");
        info.spts = parsePortRange(o.raw ?? '', 'tcp', context.names);
        invert(TCP_INV.SRCPT);
        break;
      case 'destination-port':
        once('d', "Only one `--destination-port' allowed");
        info.dpts = parsePortRange(o.raw ?? '', 'tcp', context.names);
        invert(TCP_INV.DSTPT);
        break;
      case 'syn':
        once('f', "Only one of `--syn' or `--tcp-flags'  allowed");
        info.flg_mask = 0x17;
        info.flg_cmp = 2;
        invert(TCP_INV.FLAGS);
        break;
      case 'tcp-flags': {
        once('f', "Only one of `--syn' or `--tcp-flags'  allowed");
        const second = o.take();
        if (second === undefined) fail('--tcp-flags requires two args.');
        info.flg_mask = parseFlags(o.raw ?? '');
        info.flg_cmp = parseFlags(second);
        invert(TCP_INV.FLAGS);
        break;
      }
      default:
        once('o', "Only one `--tcp-option' allowed");
        info.option = wholeUint(o.raw ?? '', 1, 255) ?? fail(`Bad TCP option "${o.raw}"`);
        invert(TCP_INV.OPTION);
    }
  },
  finish: ({ given: _, ...info }) => draftOf<TcpInfo>(info),
  save(i) {
    const inv = (bit: number): string => (i.invflags & bit ? ' !' : '');
    return (
      savePorts('sport', i.spts, (i.invflags & TCP_INV.SRCPT) !== 0) +
      savePorts('dport', i.dpts, (i.invflags & TCP_INV.DSTPT) !== 0) +
      (i.option !== 0 || i.invflags & TCP_INV.OPTION ? `${inv(TCP_INV.OPTION)} --tcp-option ${i.option}` : '') +
      (i.flg_mask !== 0 || i.invflags & TCP_INV.FLAGS ? `${inv(TCP_INV.FLAGS)} --tcp-flags ${flagNames(i.flg_mask)} ${flagNames(i.flg_cmp)}` : '')
    );
  },
  print(i, c) {
    const inv = (bit: number): string => (i.invflags & bit ? '!' : '');
    const flags = c.numeric ? flagHex : flagNames;
    return (
      ` tcp${printPorts('spt', i.spts, (i.invflags & TCP_INV.SRCPT) !== 0, 'tcp', c)}${printPorts('dpt', i.dpts, (i.invflags & TCP_INV.DSTPT) !== 0, 'tcp', c)}` +
      (i.option !== 0 || i.invflags & TCP_INV.OPTION ? ` option=${inv(TCP_INV.OPTION)}${i.option}` : '') +
      (i.flg_mask !== 0 || i.invflags & TCP_INV.FLAGS ? ` flags:${inv(TCP_INV.FLAGS)}${flags(i.flg_mask)}/${flags(i.flg_cmp)}` : '') +
      (i.invflags & ~TCP_INV.MASK ? ` Unknown invflags: 0x${(i.invflags & ~TCP_INV.MASK).toString(16).toUpperCase()}` : '')
    );
  },
  translate(i) {
    const parts = [
      translatePorts('tcp sport', i.spts, (i.invflags & TCP_INV.SRCPT) !== 0),
      translatePorts('tcp dport', i.dpts, (i.invflags & TCP_INV.DSTPT) !== 0),
      i.option ? `tcp option ${i.option} ${i.invflags & TCP_INV.OPTION ? 'missing' : 'exists'}` : null,
      i.flg_mask || i.invflags & TCP_INV.FLAGS ? `tcp flags ${i.invflags & TCP_INV.FLAGS ? '!= ' : ''}${flagWords(i.flg_cmp)} / ${flagWords(i.flg_mask)}` : null,
    ].filter((p) => p !== null);
    return parts.length ? parts.join(' ') : 'meta l4proto tcp';
  },
  check: (i, c) => needProtocol(c, 6) ?? (i.invflags & ~TCP_INV.MASK ? 'EINVAL' : null),
  tests: (i) => ({
    ...saidTests(
      portTest(0, 20, i.spts, (i.invflags & TCP_INV.SRCPT) !== 0),
      portTest(2, 20, i.dpts, (i.invflags & TCP_INV.DSTPT) !== 0),
      transportTest(13, 1, 20, i.flg_mask, [[i.flg_cmp, i.flg_cmp]], (i.invflags & TCP_INV.FLAGS) !== 0),
    ),
    exact: i.option === 0,
  }),
  match(i, skb) {
    if (skb.fragOffset !== 0) return skb.fragOffset === 1 ? 'hotdrop' : false;
    const th = transport(skb, 20);
    if (th < 0) return 'hotdrop';
    if (within(u16(skb, th), i.spts) === ((i.invflags & TCP_INV.SRCPT) !== 0)) return false;
    if (within(u16(skb, th + 2), i.dpts) === ((i.invflags & TCP_INV.DSTPT) !== 0)) return false;
    if (((u8(skb, th + 13) & i.flg_mask) === i.flg_cmp) === ((i.invflags & TCP_INV.FLAGS) !== 0)) return false;
    if (i.option === 0) return true;
    const header = (u8(skb, th + 12) >> 4) * 4;
    if (header < 20) return 'hotdrop';
    return hasOption(skb.data, th + 20, header - 20, i.option, (i.invflags & TCP_INV.OPTION) !== 0);
  },
});

/** net/netfilter/xt_tcpudp.c: tcp_find_option */
function hasOption(d: Uint8Array, at: number, length: number, option: number, inverted: boolean): boolean | 'hotdrop' {
  if (length === 0) return inverted;
  if (at + length > d.length) return 'hotdrop';
  for (let i = 0; i < length; ) {
    if (d[at + i] === option) return !inverted;
    i += d[at + i] < 2 ? 1 : (i + 1 < length ? d[at + i + 1] : 0) || 1;
  }
  return inverted;
}
