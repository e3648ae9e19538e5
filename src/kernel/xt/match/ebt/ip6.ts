import { addressHit, flagHit, portsHit } from '../../ebt-packet.ts';
import { skipExtensions } from '../../../net/wire/ip.ts';
import { maskText, ntop } from '../../address.ts';
import { defineExtension } from '../../definition.ts';
import { backward, PORTED, portWords, ne, not, onlyProto, parseTypes, portsOf, rangeOption, typeNames, typesText } from '../../ebt.ts';
import { ICMP6_NAMES, namesText } from '../../icmp-names.ts';
import type { Address, Flag, Ranged } from '../../ebt.ts';
import { literalAddress, resolveHost, prefixMask, maskLength } from '../../address.ts';
import { wholeUint } from '../../number.ts';
import { paramProblem } from '../../text.ts';
import type { Names } from '../../definition.ts';

type Types = { readonly type: readonly [number, number]; readonly code: readonly [number, number]; readonly inverted: boolean };
/** struct ebt_ip6_info */
type Info = {
  readonly src: Address | null;
  readonly dst: Address | null;
  readonly tclass: Flag | null;
  readonly proto: Flag | null;
  readonly sport: Ranged | null;
  readonly dport: Ranged | null;
  readonly icmp: Types | null;
};

const ICMP6 = typeNames(ICMP6_NAMES);
const alias = (names: readonly string[], row: { type: 'string' | 'uint8' | 'portrc' | 'protocol'; excludes?: readonly string[] }) =>
  names.map((name) => ({ name, id: names[0], invert: true, ...row }));

/** --ip6-src: address[/mask]; the family is fixed, whatever the tool's. */
function hostMask(text: string, inverted: boolean, option: string, names: Names): Address {
  const slash = text.indexOf('/');
  const value = resolveHost(slash < 0 ? text : text.slice(0, slash), 'ip6', names)[0];
  let mask = prefixMask(128, 16);
  if (slash >= 0) {
    const n = wholeUint(text.slice(slash + 1), 0, 128);
    const m = n === null ? literalAddress(text.slice(slash + 1), 'ip6') : prefixMask(n, 16);
    if (!m) throw paramProblem(`ip6: bad value for option "--${option}", neither a valid network mask nor valid CIDR (0-128).\n`);
    mask = m;
  }
  return { value: value.map((b, i) => b & mask[i]), mask, inverted };
}

export const match = defineExtension<Info & Record<string, never>>({
  kind: 'match',
  name: 'ip6',
  families: ['bridge'],
  revision: 0,
  options: [
    ...alias(['ip6-source', 'ip6-src'], { type: 'string' }),
    ...alias(['ip6-destination', 'ip6-dst'], { type: 'string' }),
    ...alias(['ip6-tclass'], { type: 'uint8' }),
    ...alias(['ip6-protocol', 'ip6-proto'], { type: 'protocol' }),
    ...alias(['ip6-source-port', 'ip6-sport'], { type: 'portrc', excludes: ['ip6-icmp-type'] }),
    ...alias(['ip6-destination-port', 'ip6-dport'], { type: 'portrc', excludes: ['ip6-icmp-type'] }),
    ...alias(['ip6-icmp-type'], { type: 'string', excludes: ['ip6-source-port', 'ip6-destination-port'] }),
  ],
  help: () => `ip6 options:
[!] --ip6-src    address[/mask]: ipv6 source specification
[!] --ip6-dst    address[/mask]: ipv6 destination specification
[!] --ip6-tclass tclass        : ipv6 traffic class specification
[!] --ip6-proto  protocol      : ipv6 protocol specification
[!] --ip6-sport  port[:port]   : tcp/udp source port or port range
[!] --ip6-dport  port[:port]   : tcp/udp destination port or port range
[!] --ip6-icmp-type type[[:type]/code[:code]] : ipv6-icmp type/code or type/code range
Valid ICMPv6 Types:
${namesText(ICMP6_NAMES)}`,
  init: () => ({ src: null, dst: null, tclass: null, proto: null, sport: null, dport: null, icmp: null }),
  parse(o, d, c) {
    switch (o.option.id) {
      case 'ip6-source':
        d['src'] = hostMask(o.raw ?? '', o.inverted, o.name, c.names);
        return;
      case 'ip6-destination':
        d['dst'] = hostMask(o.raw ?? '', o.inverted, o.name, c.names);
        return;
      case 'ip6-tclass':
        d['tclass'] = { value: o.value as number, inverted: o.inverted };
        return;
      case 'ip6-protocol':
        d['proto'] = { value: o.value as number, inverted: o.inverted };
        return;
      case 'ip6-source-port':
        d['sport'] = portsOf(o);
        return;
      case 'ip6-destination-port':
        d['dport'] = portsOf(o);
        return;
      default:
        d['icmp'] = { ...parseTypes(o.raw ?? '', ICMP6, 'ICMPv6'), inverted: o.inverted };
    }
  },
  finish: (d) => ({ ...d }) as unknown as Info & Record<string, never>,
  etherType: { number: 0x86dd, message: 'For IPv6 filtering the protocol must be specified as IPv6.' },
  save(i, c) {
    const address = (name: string, a: Address | null): string => (a ? `${not(a)} --${name} ${ntop(a.value)}${maskText(a.mask)}` : '');
    return (
      address('ip6-src', i.src) +
      address('ip6-dst', i.dst) +
      (i.tclass ? `${not(i.tclass)} --ip6-tclass 0x${i.tclass.value.toString(16).toUpperCase().padStart(2, '0')}` : '') +
      (i.proto ? `${not(i.proto)} --ip6-proto ${c.names.protocolName(i.proto.value) ?? i.proto.value}` : '') +
      rangeOption('ip6-sport', i.sport) +
      rangeOption('ip6-dport', i.dport) +
      (i.icmp ? `${not(i.icmp)} --ip6-icmp-type ${typesText(i.icmp, ICMP6)}` : '')
    );
  },
  print(i, c) {
    return this.save(i, c);
  },
  translate(i, c) {
    const out: string[] = [];
    const address = (key: string, a: Address | null): void => {
      if (a) out.push(`${key} ${ne(a)}${ntop(a.value)}${maskLength(a.mask) === 128 ? '' : maskText(a.mask)}`);
    };
    address('ip6 saddr', i.src);
    address('ip6 daddr', i.dst);
    if (i.tclass) out.push(`ip6 dscp ${ne(i.tclass)}0x${(i.tclass.value & 0x3f).toString(16).padStart(2, '0')}`);
    const ports = i.sport || i.dport;
    if (i.proto && (i.proto.inverted || !(ports || i.icmp))) out.push(`meta l4proto ${ne(i.proto)}${c.names.protocolName(i.proto.value) ?? i.proto.value}`);
    out.push(...portWords(i, c));
    if (i.icmp) {
      const t = i.icmp;
      out.push(`icmpv6 type ${ne(t)}${t.type[0]}${t.type[0] === t.type[1] ? '' : `-${t.type[1]}`}`);
      if (!(t.code[0] === 0 && t.code[1] === 255)) out.push(`icmpv6 code ${ne(t)}${t.code[0]}${t.code[0] === t.code[1] ? '' : `-${t.code[1]}`}`);
    }
    return (i.src || i.dst || i.icmp || i.tclass ? out : ['ether type ip6', ...out]).join(' ');
  },
  check(i, c) {
    const bad = onlyProto(c, 0x86dd);
    if (bad) return bad;
    if ((i.sport || i.dport) && (!i.proto || i.proto.inverted || !PORTED.includes(i.proto.value))) return 'EINVAL';
    return i.icmp && (!i.proto || i.proto.inverted || i.proto.value !== 58 || backward(i.icmp)) ? 'EINVAL' : null;
  },
  /** ebt_ip6.c */
  match(i, skb) {
    const d = skb.data,
      n = skb.network;
    if (n + 40 > d.length) return false;
    if (!flagHit(i.tclass, ((d[n] & 15) << 4) | (d[n + 1] >> 4)) || !addressHit(i.src, d.subarray(n + 8, n + 24)) || !addressHit(i.dst, d.subarray(n + 24, n + 40))) return false;
    if (!i.proto) return true;
    const end = skipExtensions(d, n + 40, d[n + 6]);
    if (!end || !flagHit(i.proto, end.next)) return false;
    return !i.sport && !i.dport && !i.icmp ? true : portsHit({ ...i, igmp: null }, d, end.offset);
  },
});
