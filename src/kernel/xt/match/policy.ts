import { maskText, ntop } from '../address.ts';
import { HOOK_BIT } from '../check.ts';
import { defineExtension } from '../definition.ts';
import type { PrintContext } from '../definition.ts';
import { draftOf, fail, hex, numberOf } from '../value.ts';

/** struct xt_policy_info. There is no IPsec in the model: no packet has a policy. */
type PolicyInfo = { readonly dir: 'in' | 'out' | null; readonly none: boolean; readonly strict: boolean; readonly elements: readonly Element[] };
type Element = { readonly reqid?: Given; readonly spi?: Given; readonly proto?: Given; readonly mode?: Given; readonly daddr?: Net; readonly saddr?: Net };
type Given = { readonly value: number; readonly invert: boolean };
type Net = { readonly address: Uint8Array; readonly mask: Uint8Array; readonly invert: boolean };
type Mutable = { -readonly [K in keyof Element]: Element[K] };
const MAX_ELEMENTS = 4;
const MODE = { transport: 0, tunnel: 1 } as const;

function elementText(e: Element, prefix: string, c: PrintContext, numeric: boolean): string {
  const say = (g: { readonly invert: boolean } | undefined, text: () => string): string => (g ? `${g.invert ? ' !' : ''} ${prefix}${text()}` : '');
  const net = (n: Net): string => `${ntop(n.address)}${maskText(n.mask)}`;
  const { reqid, spi, proto, mode, daddr, saddr } = e;
  return (
    say(reqid, () => `reqid ${reqid?.value}`) +
    say(spi, () => `spi 0x${hex(spi?.value ?? 0)}`) +
    say(proto, () => `proto ${(numeric ? undefined : c.names.protocolName(proto?.value ?? 0)) ?? proto?.value}`) +
    say(mode, () => `mode ${mode?.value === MODE.tunnel ? 'tunnel' : 'transport'}`) +
    say(daddr, () => `tunnel-dst ${daddr ? net(daddr) : ''}`) +
    say(saddr, () => `tunnel-src ${saddr ? net(saddr) : ''}`)
  );
}

/** `--pol none` keeps what it was given, and shows nothing of it. */
const shown = (i: PolicyInfo): readonly Element[] => (i.none ? [] : i.elements);

const flagText = (i: PolicyInfo, prefix: string): string =>
  `${i.dir ? ` ${prefix}dir ${i.dir}` : ''} ${prefix}pol ${i.none ? 'none' : 'ipsec'}${i.strict ? ` ${prefix}strict` : ''}`;

export const match = defineExtension<PolicyInfo>({
  kind: 'match',
  name: 'policy',
  families: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'dir', type: 'string' },
    { name: 'pol', type: 'string' },
    { name: 'strict', type: 'none' },
    { name: 'reqid', type: 'uint32', invert: true, multi: true },
    { name: 'spi', type: 'uint32', invert: true, multi: true },
    { name: 'tunnel-src', type: 'hostmask', invert: true, multi: true },
    { name: 'tunnel-dst', type: 'hostmask', invert: true, multi: true },
    { name: 'proto', type: 'protocol', invert: true, multi: true },
    { name: 'mode', type: 'string', invert: true, multi: true },
    { name: 'next', type: 'none', multi: true, requires: ['strict'] },
  ],
  help: () => `policy match options:
  --dir in|out			match policy applied during decapsulation/
				policy to be applied during encapsulation
  --pol none|ipsec		match policy
  --strict 			match entire policy instead of single element
				at any position
These options may be used repeatedly, to describe policy elements:
[!] --reqid reqid		match reqid
[!] --spi spi			match SPI
[!] --proto proto		match protocol (ah/esp/ipcomp)
[!] --mode mode 		match mode (transport/tunnel)
[!] --tunnel-src addr/mask	match tunnel source
[!] --tunnel-dst addr/mask	match tunnel destination
  --next 			begin next element in policy
`,
  init: () => ({ dir: null, none: false, strict: false, elements: [{}] }),
  parse(o, draft) {
    const info = draftOf<PolicyInfo>(draft);
    const elements = info.elements as Mutable[];
    const e = elements[elements.length - 1];
    const once = (given: unknown): void => {
      if (given !== undefined) fail(`policy match: double --${o.name} option`);
    };
    const given = (value: number): Given => ({ value, invert: o.inverted });
    const net = (): Net => {
      const v = o.value as Net;
      return { address: v.address, mask: v.mask, invert: o.inverted };
    };
    switch (o.name) {
      case 'dir':
        if (o.raw !== 'in' && o.raw !== 'out') return fail(`policy_match: invalid dir "${o.raw}"`);
        info.dir = o.raw;
        break;
      case 'pol':
        if (o.raw !== 'none' && o.raw !== 'ipsec') fail(`policy match: invalid policy "${o.raw}"`);
        info.none = o.raw === 'none';
        break;
      case 'strict':
        info.strict = true;
        break;
      case 'reqid':
        once(e.reqid);
        e.reqid = given(numberOf(o));
        break;
      case 'spi':
        once(e.spi);
        e.spi = given(numberOf(o));
        break;
      case 'tunnel-src':
        once(e.saddr);
        e.saddr = net();
        break;
      case 'tunnel-dst':
        once(e.daddr);
        e.daddr = net();
        break;
      case 'proto':
        once(e.proto);
        e.proto = given(numberOf(o));
        if (![50, 51, 108].includes(e.proto.value)) fail('policy match: protocol must be ah/esp/ipcomp');
        break;
      case 'mode':
        once(e.mode);
        if (o.raw !== 'transport' && o.raw !== 'tunnel') return fail(`policy match: invalid mode "${o.raw}"`);
        e.mode = given(MODE[o.raw]);
        break;
      default:
        if (elements.length === MAX_ELEMENTS) fail('policy match: maximum policy depth reached');
        elements.push({});
    }
  },
  finish(draft) {
    const info = draftOf<PolicyInfo>({ ...draft });
    if (info.dir === null) fail('policy match: neither --dir in nor --dir out specified');
    if (info.none) {
      if (info.strict) fail('policy match: policy none but --strict given');
      if (info.elements.length > 1) fail('policy match: policy none but policy given');
      return info;
    }
    for (const [n, e] of info.elements.entries()) {
      if (info.strict && Object.keys(e).length === 0) {
        fail(`policy match: empty policy element ${n}. --strict is in effect, but at least one of reqid, spi, tunnel-src, tunnel-dst, proto or mode is required.`);
      }
      const tunnel = (e.mode?.value === MODE.tunnel) !== (e.mode?.invert ?? false);
      if ((e.saddr || e.daddr) && !tunnel) fail('policy match: --tunnel-src/--tunnel-dst is only valid in tunnel mode');
    }
    return info;
  },
  save: (i, c) =>
    flagText(i, '--') +
    shown(i)
      .map((e, n) => `${n ? ' --next' : ''}${elementText(e, '--', c, false)}`)
      .join(''),
  print: (i, c) =>
    ` policy match${flagText(i, '')}${shown(i)
      .map((e, n) => `${i.elements.length > 1 ? ` [${n}]` : ''}${elementText(e, '', c, c.numeric)}`)
      .join('')}`,
  translate: (i) => (i.dir !== 'in' || i.strict || i.elements.some((e) => Object.keys(e).length > 0) ? null : `meta secpath ${i.none ? 'missing' : 'exists'}`),
  check(i, c) {
    if (i.dir === 'out' && c.hookMask & (HOOK_BIT.prerouting | HOOK_BIT.input)) return 'EINVAL';
    return i.dir === 'in' && c.hookMask & (HOOK_BIT.postrouting | HOOK_BIT.output) ? 'EINVAL' : null;
  },
  match: (i) => i.none,
});
