import { addressHit, flagHit, portsHit } from '../../ebt-packet.ts';
import { maskText, ntop } from '../../address.ts';
import { defineExtension } from '../../definition.ts';
import { backward, GLUE, PORTED, portWords, hostOf, ne, not, onlyProto, parseTypes, portsOf, rangeOption, typeNames, typesText } from '../../ebt.ts';
import { ICMP_NAMES, namesText } from '../../icmp-names.ts';
import type { Address, Flag, Ranged, TypeName } from '../../ebt.ts';

type Types = { readonly type: readonly [number, number]; readonly code: readonly [number, number]; readonly inverted: boolean };
/** struct ebt_ip_info */
type Info = {
  readonly src: Address | null;
  readonly dst: Address | null;
  readonly tos: Flag | null;
  readonly proto: Flag | null;
  readonly sport: Ranged | null;
  readonly dport: Ranged | null;
  readonly icmp: Types | null;
  readonly igmp: Types | null;
};

const any = (name: string, type: number): TypeName => ({ name, type, code: [0, 255] });
const ICMP = typeNames(ICMP_NAMES);
const IGMP: readonly TypeName[] = [
  any('membership-query', 0x11),
  any('membership-report-v1', 0x12),
  any('membership-report-v2', 0x16),
  any('leave-group', 0x17),
  any('membership-report-v3', 0x22),
];

const alias = (names: readonly string[], row: { type: 'hostmask' | 'string' | 'uint8' | 'portrc' | 'protocol'; excludes?: readonly string[] }) =>
  names.map((name) => ({ name, id: names[0], invert: true, ...row }));

/** ebt_print_icmp_type without codes: where there is no name, no blank follows. */
function igmpText([from, to]: readonly [number, number]): string {
  const hit = from === to ? IGMP.find((n) => n.type === from) : undefined;
  return hit ? hit.name : `${from}${from === to ? '' : `:${to}`}${GLUE}`;
}

export const match = defineExtension<Info & Record<string, never>>({
  kind: 'match',
  name: 'ip',
  families: ['bridge'],
  revision: 0,
  options: [
    ...alias(['ip-source', 'ip-src'], { type: 'hostmask' }),
    ...alias(['ip-destination', 'ip-dst'], { type: 'hostmask' }),
    ...alias(['ip-tos'], { type: 'uint8' }),
    ...alias(['ip-protocol', 'ip-proto'], { type: 'protocol' }),
    ...alias(['ip-source-port', 'ip-sport'], { type: 'portrc', excludes: ['ip-icmp-type', 'ip-igmp-type'] }),
    ...alias(['ip-destination-port', 'ip-dport'], { type: 'portrc', excludes: ['ip-icmp-type', 'ip-igmp-type'] }),
    ...alias(['ip-icmp-type'], { type: 'string', excludes: ['ip-source-port', 'ip-destination-port', 'ip-igmp-type'] }),
    ...alias(['ip-igmp-type'], { type: 'string', excludes: ['ip-source-port', 'ip-destination-port', 'ip-icmp-type'] }),
  ],
  help: () => `ip options:
[!] --ip-src    address[/mask]: ip source specification
[!] --ip-dst    address[/mask]: ip destination specification
[!] --ip-tos    tos           : ip tos specification
[!] --ip-proto  protocol      : ip protocol specification
[!] --ip-sport  port[:port]   : tcp/udp source port or port range
[!] --ip-dport  port[:port]   : tcp/udp destination port or port range
[!] --ip-icmp-type type[[:type]/code[:code]] : icmp type/code or type/code range
[!] --ip-igmp-type type[:type]               : igmp type or type range

Valid ICMP Types:

${namesText(ICMP_NAMES)}
Valid IGMP Types:

${IGMP.map((n) => `${n.name}\n`).join('')}`,
  init: () => ({ src: null, dst: null, tos: null, proto: null, sport: null, dport: null, icmp: null, igmp: null }),
  parse(o, d) {
    switch (o.option.id) {
      case 'ip-source':
        d['src'] = hostOf(o);
        return;
      case 'ip-destination':
        d['dst'] = hostOf(o);
        return;
      case 'ip-tos':
        d['tos'] = { value: o.value as number, inverted: o.inverted };
        return;
      case 'ip-protocol':
        d['proto'] = { value: o.value as number, inverted: o.inverted };
        return;
      case 'ip-source-port':
        d['sport'] = portsOf(o);
        return;
      case 'ip-destination-port':
        d['dport'] = portsOf(o);
        return;
      case 'ip-icmp-type':
        d['icmp'] = { ...parseTypes(o.raw ?? '', ICMP, 'ICMP'), inverted: o.inverted };
        return;
      default:
        d['igmp'] = { ...parseTypes(o.raw ?? '', IGMP, 'IGMP', true), inverted: o.inverted };
    }
  },
  finish: (d) => ({ ...d }) as unknown as Info & Record<string, never>,
  etherType: { number: 0x0800, message: 'For IP filtering the protocol must be specified as IPv4.' },
  save(i, c) {
    const address = (name: string, a: Address | null): string => (a ? `${not(a)} --${name} ${ntop(a.value)}${maskText(a.mask)}` : '');
    return (
      address('ip-src', i.src) +
      address('ip-dst', i.dst) +
      (i.tos ? `${not(i.tos)} --ip-tos 0x${i.tos.value.toString(16).toUpperCase().padStart(2, '0')}` : '') +
      (i.proto ? `${not(i.proto)} --ip-proto ${c.names.protocolName(i.proto.value) ?? i.proto.value}` : '') +
      rangeOption('ip-sport', i.sport) +
      rangeOption('ip-dport', i.dport) +
      (i.icmp ? `${not(i.icmp)} --ip-icmp-type ${typesText(i.icmp, ICMP)}` : '') +
      (i.igmp ? `${not(i.igmp)} --ip-igmp-type ${igmpText(i.igmp.type)}` : '')
    );
  },
  print(i, c) {
    return this.save(i, c);
  },
  translate(i, c) {
    const out: string[] = [];
    const address = (key: string, a: Address | null): void => {
      if (a) out.push(`${key} ${ne(a)}${ntop(a.value)}${maskText(a.mask)}`);
    };
    address('ip saddr', i.src);
    address('ip daddr', i.dst);
    const ports = i.sport || i.dport;
    if (i.tos) out.push(`@nh,8,8 ${ne(i.tos)}0x${i.tos.value.toString(16).padStart(2, '0')}`);
    if (i.proto && (i.proto.inverted || !(ports || i.icmp))) out.push(`ip protocol ${ne(i.proto)}${c.names.protocolName(i.proto.value) ?? i.proto.value}`);
    out.push(...portWords(i, c));
    const range = ([from, to]: readonly [number, number]): string => (from === to ? `${from}` : `${from}-${to}`);
    if (i.icmp) {
      out.push(`icmp type ${ne(i.icmp)}${range(i.icmp.type)}`);
      if (!(i.icmp.code[0] === 0 && i.icmp.code[1] === 255)) out.push(`icmp code ${ne(i.icmp)}${range(i.icmp.code)}`);
    }
    if (i.igmp) out.push(`@th,0,8 ${ne(i.igmp)}${range(i.igmp.type)}`);
    const implied = i.src || i.dst || i.icmp || (i.proto && !ports);
    return (implied ? out : ['ether type ip', ...out]).join(' ');
  },
  check(i, c) {
    const bad = onlyProto(c, 0x800);
    if (bad) return bad;
    if ((i.sport || i.dport) && (!i.proto || i.proto.inverted || !PORTED.includes(i.proto.value))) return 'EINVAL';
    if (i.icmp && (!i.proto || i.proto.inverted || i.proto.value !== 1 || backward(i.icmp))) return 'EINVAL';
    return i.igmp && (!i.proto || i.proto.inverted || i.proto.value !== 2 || backward(i.igmp)) ? 'EINVAL' : null;
  },
  /** ebt_ip.c */
  match(i, skb) {
    const d = skb.data,
      n = skb.network;
    if (n + 20 > d.length) return false;
    if (!flagHit(i.tos, d[n + 1]) || !addressHit(i.src, d.subarray(n + 12, n + 16)) || !addressHit(i.dst, d.subarray(n + 16, n + 20)) || !flagHit(i.proto, d[n + 9])) return false;
    if (!i.sport && !i.dport && !i.icmp && !i.igmp) return true;
    if (((d[n + 6] << 8) | d[n + 7]) & 0x1fff) return false;
    return portsHit(i, d, n + (d[n] & 15) * 4);
  },
});
