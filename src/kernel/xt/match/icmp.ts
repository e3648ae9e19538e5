import { needProtocol } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { nothing, saidTests, transportTest } from '../field-tests.ts';
import { finishIcmp, parseIcmp, printIcmp, saveIcmp, translateIcmp } from '../icmp-type.ts';
import { ICMP_NAMES, namesText } from '../icmp-names.ts';
import type { IcmpInfo, IcmpWords } from '../icmp-type.ts';
import { transport, u8 } from '../packet.ts';

const WORDS: IcmpWords = { word: 'ICMP', option: 'icmp-type', names: ICMP_NAMES };
const NFT: ReadonlyMap<number, string> = new Map([
  [0, 'echo-reply'],
  [3, 'destination-unreachable'],
  [4, 'source-quench'],
  [5, 'redirect'],
  [8, 'echo-request'],
  [9, 'router-advertisement'],
  [10, 'router-solicitation'],
  [11, 'time-exceeded'],
  [12, 'parameter-problem'],
  [13, 'timestamp-request'],
  [14, 'timestamp-reply'],
  [17, 'address-mask-request'],
  [18, 'address-mask-reply'],
]);

export const match = defineExtension<IcmpInfo>({
  kind: 'match',
  name: 'icmp',
  families: ['ip'],
  revision: 0,
  options: [{ name: 'icmp-type', type: 'raw', invert: true, mandatory: true }],
  help: () => `icmp match options:
[!] --icmp-type typename	match icmp type
[!] --icmp-type type[/code]	(or numeric type or type/code)
Valid ICMP Types:
${namesText(ICMP_NAMES)}`,
  init: () => ({ type: 255, code: [0, 255], invert: false }),
  parse: (o, draft) => parseIcmp(o, draft, WORDS),
  finish: finishIcmp,
  save: (i) => (i.type === 255 && i.code[0] === 0 && i.code[1] === 255 ? `${i.invert ? ' !' : ''} --icmp-type any` : saveIcmp(i, WORDS)),
  print: (i, c) => ` icmp${printIcmp(i, WORDS, c.numeric)}`,
  translate: (i) => (i.type === 255 ? 'ip protocol icmp' : translateIcmp(i, 'icmp', NFT)),
  check: (_, c) => needProtocol(c, 1),
  tests: (i) =>
    i.invert || i.type === 255 ? nothing : saidTests(transportTest(0, 1, 8, 0xff, [[i.type, i.type]], false), transportTest(1, 1, 8, 0xff, [[i.code[0], i.code[1]]], false)),
  match(i, skb) {
    if (skb.fragOffset !== 0) return false;
    const at = transport(skb, 8);
    if (at < 0) return 'hotdrop';
    const code = u8(skb, at + 1);
    return (i.type === 255 || (u8(skb, at) === i.type && code >= i.code[0] && code <= i.code[1])) !== i.invert;
  },
});
