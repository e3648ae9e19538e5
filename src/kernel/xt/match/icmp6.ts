import { needProtocol } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { nothing, saidTests, transportTest } from '../field-tests.ts';
import { finishIcmp, parseIcmp, printIcmp, saveIcmp, translateIcmp } from '../icmp-type.ts';
import { ICMP6_NAMES, namesText } from '../icmp-names.ts';
import type { IcmpInfo, IcmpWords } from '../icmp-type.ts';
import { transport, u8 } from '../packet.ts';

const WORDS: IcmpWords = { word: 'ICMPv6', option: 'icmpv6-type', names: ICMP6_NAMES };
const NFT: ReadonlyMap<number, string> = new Map([
  [1, 'destination-unreachable'],
  [2, 'packet-too-big'],
  [3, 'time-exceeded'],
  [4, 'parameter-problem'],
  [128, 'echo-request'],
  [129, 'echo-reply'],
  [130, 'mld-listener-query'],
  [131, 'mld-listener-report'],
  [132, 'mld-listener-done'],
  [133, 'nd-router-solicit'],
  [134, 'nd-router-advert'],
  [135, 'nd-neighbor-solicit'],
  [136, 'nd-neighbor-advert'],
  [137, 'nd-redirect'],
]);

export const match = defineExtension<IcmpInfo>({
  kind: 'match',
  name: 'icmp6',
  families: ['ip6'],
  revision: 0,
  options: [{ name: 'icmpv6-type', type: 'raw', invert: true, mandatory: true }],
  help: () => `icmpv6 match options:
[!] --icmpv6-type typename	match icmpv6 type
				(or numeric type or type/code)
Valid ICMPv6 Types:
${namesText(ICMP6_NAMES)}`,
  init: () => ({ type: 0, code: [0, 255], invert: false }),
  parse: (o, draft) => parseIcmp(o, draft, WORDS),
  finish: finishIcmp,
  save: (i) => saveIcmp(i, WORDS),
  print: (i, c) => ` ipv6-icmp${printIcmp(i, WORDS, c.numeric)}`,
  translate: (i) => translateIcmp(i, 'icmpv6', NFT),
  check: (_, c) => needProtocol(c, 58),
  tests: (i) =>
    i.invert || i.type === 255 ? nothing : saidTests(transportTest(0, 1, 8, 0xff, [[i.type, i.type]], false), transportTest(1, 1, 8, 0xff, [[i.code[0], i.code[1]]], false)),
  match(i, skb) {
    if (skb.fragOffset !== 0) return false;
    const at = transport(skb, 8);
    if (at < 0) return 'hotdrop';
    const code = u8(skb, at + 1);
    return (u8(skb, at) === i.type && code >= i.code[0] && code <= i.code[1]) !== i.invert;
  },
});
