import { defineExtension } from '../definition.ts';
import { paramProblem } from '../text.ts';
import { fields, HOOK, isProto, misplaced, TCP } from './_common.ts';
import { services } from './_services.ts';

/** `code`: ICMP(v6) code of a destination unreachable; null: a TCP reset. */
type Info = { readonly name: string };
interface Kind {
  readonly name: string;
  readonly alias: string;
  readonly code: number | null;
  readonly nft: string;
}

const IP4: readonly Kind[] = [
  { name: 'icmp-net-unreachable', alias: 'net-unreach', code: 0, nft: 'net-unreachable' },
  { name: 'icmp-host-unreachable', alias: 'host-unreach', code: 1, nft: 'host-unreachable' },
  { name: 'icmp-proto-unreachable', alias: 'proto-unreach', code: 2, nft: 'prot-unreachable' },
  { name: 'icmp-port-unreachable', alias: 'port-unreach', code: 3, nft: 'port-unreachable' },
  { name: 'icmp-net-prohibited', alias: 'net-prohib', code: 9, nft: 'net-prohibited' },
  { name: 'icmp-host-prohibited', alias: 'host-prohib', code: 10, nft: 'host-prohibited' },
  { name: 'tcp-reset', alias: 'tcp-rst', code: null, nft: '' },
  { name: 'icmp-admin-prohibited', alias: 'admin-prohib', code: 13, nft: 'admin-prohibited' },
];
const IP6: readonly Kind[] = [
  { name: 'icmp6-no-route', alias: 'no-route', code: 0, nft: 'no-route' },
  { name: 'icmp6-adm-prohibited', alias: 'adm-prohibited', code: 1, nft: 'admin-prohibited' },
  { name: 'icmp6-addr-unreachable', alias: 'addr-unreach', code: 3, nft: 'addr-unreachable' },
  { name: 'icmp6-port-unreachable', alias: 'port-unreach', code: 4, nft: 'port-unreachable' },
  { name: 'tcp-reset', alias: 'tcp-reset', code: null, nft: '' },
  { name: 'icmp6-policy-fail', alias: 'policy-fail', code: 5, nft: 'policy-fail' },
  { name: 'icmp6-reject-route', alias: 'reject-route', code: 6, nft: 'reject-route' },
];
const kinds = (family: string): readonly Kind[] => (family === 'ip6' ? IP6 : IP4);
const DEFAULTS = ['icmp-port-unreachable', 'icmp6-port-unreachable'];

/** extensions/libipt_REJECT.c, libip6t_REJECT.c, net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'REJECT',
  families: ['ip', 'ip6'],
  revision: 0,
  options: [{ name: 'reject-with', type: 'string' }],
  help: (family) =>
    family === 'ip6'
      ? `REJECT target options:
--reject-with type              drop input packet and send back
                                a reply packet according to type:
Valid reject types:
    icmp6-no-route           	ICMPv6 no route
    no-route                 	alias
    icmp6-adm-prohibited     	ICMPv6 administratively prohibited
    adm-prohibited           	alias
    icmp6-addr-unreachable   	ICMPv6 address unreachable
    addr-unreach             	alias
    icmp6-port-unreachable   	ICMPv6 port unreachable
    port-unreach             	alias
    tcp-reset                	TCP RST packet
    tcp-reset                	alias
    icmp6-policy-fail        	ICMPv6 policy fail
    policy-fail              	alias
    icmp6-reject-route       	ICMPv6 reject route
    reject-route             	alias

`
      : `REJECT target options:
--reject-with type              drop input packet and send back
                                a reply packet according to type:
Valid reject types:
    icmp-net-unreachable     	ICMP network unreachable
    net-unreach              	alias
    icmp-host-unreachable    	ICMP host unreachable
    host-unreach             	alias
    icmp-proto-unreachable   	ICMP protocol unreachable
    proto-unreach            	alias
    icmp-port-unreachable    	ICMP port unreachable (default)
    port-unreach             	alias
    icmp-net-prohibited      	ICMP network prohibited
    net-prohib               	alias
    icmp-host-prohibited     	ICMP host prohibited
    host-prohib              	alias
    tcp-reset                	TCP RST packet
    tcp-rst                  	alias
    icmp-admin-prohibited    	ICMP administratively prohibited (*)
    admin-prohib             	alias

(*) See man page or read the INCOMPATIBILITES file for compatibility issues.
`,
  init: (family) => ({ name: family === 'ip6' ? DEFAULTS[1] : DEFAULTS[0] }),
  parse(o, d, c) {
    const text = String(o.value);
    const typed = text.toLowerCase();
    const kind = kinds(c.family).find((k) => k.name.startsWith(typed) || k.alias.startsWith(typed));
    if (!kind) {
      if (c.family === 'ip' && ('echo-reply'.startsWith(typed) || 'echoreply'.startsWith(typed))) c.warn('--reject-with echo-reply no longer supported\n');
      throw paramProblem(`unknown reject type "${text}"`);
    }
    fields<Info>(d).name = kind.name;
  },
  finish: (d) => ({ name: fields<Info>(d).name }),
  save: (i) => ` --reject-with ${i.name}`,
  print: (i) => ` reject-with ${i.name}`,
  translate(i, c) {
    if (DEFAULTS.includes(i.name)) return 'reject';
    if (i.name === 'tcp-reset') return 'reject with tcp reset';
    return `reject with ${c.family === 'ip6' ? 'icmpv6' : 'icmp'} type ${kinds(c.family).find((k) => k.name === i.name)?.nft}`;
  },
  check: (i, c) => misplaced({ table: 'filter', hooks: HOOK.IN | HOOK.FWD | HOOK.OUT }, c) ?? (i.name === 'tcp-reset' && !isProto(c, TCP) ? 'EINVAL' : null),
  target(i, skb, state) {
    const kind = kinds(state.pf === 'ip6' ? 'ip6' : 'ip').find((k) => k.name === i.name);
    services(state)?.reject(skb, state, kind?.code ?? null);
    return 'drop';
  },
});
