import type { Datatype } from './types.ts';
import { bitmask, integer, table } from './basic.ts';
import { inetProto } from './address.ts';

const make = (d: Omit<Datatype, 'name'> & { readonly name?: string }): Datatype => ({ name: d.id, ...d });

const icmpCodes = [['net-unreachable', 0], ['host-unreachable', 1], ['prot-unreachable', 2], ['port-unreachable', 3], ['net-prohibited', 9], ['host-prohibited', 10], ['admin-prohibited', 13], ['frag-needed', 4]] as const;
const icmpv6Codes = [['no-route', 0], ['admin-prohibited', 1], ['addr-unreachable', 3], ['port-unreachable', 4], ['policy-fail', 5], ['reject-route', 6]] as const;
const icmpxCodes = [['port-unreachable', 1], ['admin-prohibited', 3], ['no-route', 0], ['host-unreachable', 2]] as const;

/** Words are read, but only reject statements print them. */
const quiet = (d: Datatype): Datatype => ({ ...d, print: (v) => v.value.toString(), json: (v) => v.value });

export const SYMBOLIC: readonly Datatype[] = [
  make({ id: 'nf_proto', number: 2, desc: 'netfilter protocol', byteorder: 'host', size: 8, base: integer, symbols: table('decimal', ['ipv4', 2], ['ipv6', 10]) }),
  make({ id: 'ether_type', number: 10, desc: 'Ethernet protocol', byteorder: 'big', size: 16, base: integer, hex: 4, symbols: table('hexadecimal', ['ip', 0x0800], ['arp', 0x0806], ['ip6', 0x86dd], ['8021q', 0x8100], ['8021ad', 0x88a8], ['vlan', 0x8100]) }),
  make({ id: 'arp_op', number: 11, desc: 'ARP operation', byteorder: 'big', size: 16, base: integer, symbols: table('hexadecimal', ['request', 1], ['reply', 2], ['rrequest', 3], ['rreply', 4], ['inrequest', 8], ['inreply', 9], ['nak', 10]) }),
  make({ id: 'icmp_type', number: 14, desc: 'ICMP type', byteorder: 'big', size: 8, base: integer, symbols: table('decimal', ['echo-reply', 0], ['destination-unreachable', 3], ['source-quench', 4], ['redirect', 5], ['echo-request', 8], ['router-advertisement', 9], ['router-solicitation', 10], ['time-exceeded', 11], ['parameter-problem', 12], ['timestamp-request', 13], ['timestamp-reply', 14], ['info-request', 15], ['info-reply', 16], ['address-mask-request', 17], ['address-mask-reply', 18]) }),
  make({ id: 'tcp_flag', number: 15, desc: 'TCP flag', byteorder: 'host', size: 8, base: bitmask, hex: -1, symbols: table('hexadecimal', ['fin', 1], ['syn', 2], ['rst', 4], ['psh', 8], ['ack', 16], ['urg', 32], ['ecn', 64], ['cwr', 128]) }),
  make({ id: 'dccp_pkttype', number: 16, desc: 'DCCP packet type', byteorder: 'big', size: 4, base: integer, symbols: table('hexadecimal', ['request', 0], ['response', 1], ['data', 2], ['ack', 3], ['dataack', 4], ['closereq', 5], ['close', 6], ['reset', 7], ['sync', 8], ['syncack', 9]) }),
  make({ id: 'mh_type', number: 17, desc: 'Mobility Header Type', byteorder: 'big', size: 8, base: integer, symbols: table('decimal', ['binding-refresh-request', 0], ['home-test-init', 1], ['careof-test-init', 2], ['home-test', 3], ['careof-test', 4], ['binding-update', 5], ['binding-acknowledgement', 6], ['binding-error', 7], ['fast-binding-update', 8], ['fast-binding-acknowledgement', 9], ['fast-binding-advertisement', 10], ['experimental-mobility-header', 11], ['home-agent-switch-message', 12]) }),
  make({ id: 'iface_type', number: 21, desc: 'network interface type', byteorder: 'host', size: 16, base: integer, symbols: table('hexadecimal', ['ether', 1], ['ppp', 512], ['ipip', 768], ['ipip6', 769], ['loopback', 772], ['sit', 776], ['ipgre', 778]) }),
  make({ id: 'ct_state', number: 26, desc: 'conntrack state', byteorder: 'host', size: 32, base: bitmask, hex: -1, symbols: table('hexadecimal', ['invalid', 1], ['new', 8], ['established', 2], ['related', 4], ['untracked', 64]) }),
  make({ id: 'ct_dir', number: 27, desc: 'conntrack direction', byteorder: 'invalid', size: 8, base: integer, symbols: table('decimal', ['original', 0], ['reply', 1]) }),
  make({ id: 'ct_status', number: 28, desc: 'conntrack status', byteorder: 'host', size: 32, base: bitmask, hex: -1, symbols: table('hexadecimal', ['expected', 1], ['seen-reply', 2], ['assured', 4], ['confirmed', 8], ['snat', 16], ['dnat', 32], ['dying', 512]) }),
  make({ id: 'icmpv6_type', number: 29, desc: 'ICMPv6 type', byteorder: 'big', size: 8, base: integer, symbols: table('decimal', ['destination-unreachable', 1], ['packet-too-big', 2], ['time-exceeded', 3], ['parameter-problem', 4], ['echo-request', 128], ['echo-reply', 129], ['mld-listener-query', 130], ['mld-listener-report', 131], ['mld-listener-done', 132], ['mld-listener-reduction', 132], ['nd-router-solicit', 133], ['nd-router-advert', 134], ['nd-neighbor-solicit', 135], ['nd-neighbor-advert', 136], ['nd-redirect', 137], ['router-renumbering', 138], ['ind-neighbor-solicit', 141], ['ind-neighbor-advert', 142], ['mld2-listener-report', 143]) }),
  make({ id: 'pkt_type', number: 31, desc: 'packet type', byteorder: 'host', size: 8, base: integer, symbols: table('decimal', ['host', 0], ['unicast', 0], ['broadcast', 1], ['multicast', 2], ['other', 3]) }),
  quiet(make({ id: 'icmp_code', number: 32, desc: 'icmp code', byteorder: 'big', size: 8, base: integer, symbols: table('decimal', ...icmpCodes) })),
  quiet(make({ id: 'icmpv6_code', number: 33, desc: 'icmpv6 code', byteorder: 'big', size: 8, base: integer, symbols: table('decimal', ...icmpv6Codes) })),
  quiet(make({ id: 'icmpx_code', number: 34, desc: 'icmpx code', byteorder: 'big', size: 8, base: integer, symbols: table('decimal', ...icmpxCodes) })),
  make({ id: 'reject_icmp_code', number: 0, desc: 'reject icmp code', byteorder: 'big', size: 8, base: integer, symbols: table('decimal', ...icmpCodes) }),
  make({ id: 'reject_icmpv6_code', number: 0, desc: 'reject icmpv6 code', byteorder: 'big', size: 8, base: integer, symbols: table('decimal', ...icmpv6Codes) }),
  make({ id: 'reject_icmpx_code', number: 0, desc: 'reject icmpx code', byteorder: 'big', size: 8, base: integer, symbols: table('decimal', ...icmpxCodes) }),
  make({ id: 'dscp', number: 36, desc: 'Differentiated Services Code Point', byteorder: 'big', size: 6, base: integer, hex: 2, symbols: table('hexadecimal', ['cs0', 0], ['cs1', 8], ['cs2', 16], ['cs3', 24], ['cs4', 32], ['cs5', 40], ['cs6', 48], ['cs7', 56], ['df', 0], ['be', 0], ['lephb', 1], ['af11', 10], ['af12', 12], ['af13', 14], ['af21', 18], ['af22', 20], ['af23', 22], ['af31', 26], ['af32', 28], ['af33', 30], ['af41', 34], ['af42', 36], ['af43', 38], ['va', 44], ['ef', 46]) }),
  make({ id: 'ecn', number: 37, desc: 'Explicit Congestion Notification', byteorder: 'big', size: 2, base: integer, hex: -1, symbols: table('hexadecimal', ['not-ect', 0], ['ect1', 1], ['ect0', 2], ['ce', 3]) }),
  make({ id: 'fib_addrtype', number: 38, desc: 'fib address type', byteorder: 'host', size: 32, base: integer, symbols: table('decimal', ['unspec', 0], ['unicast', 1], ['local', 2], ['broadcast', 3], ['anycast', 4], ['multicast', 5], ['blackhole', 6], ['unreachable', 7], ['prohibit', 8]) }),
  make({ id: 'ct_event', number: 40, desc: 'conntrack event bits', byteorder: 'host', size: 32, base: bitmask, hex: -1, symbols: table('hexadecimal', ['new', 1], ['related', 2], ['destroy', 4], ['reply', 8], ['assured', 16], ['protoinfo', 32], ['helper', 64], ['mark', 128], ['seqadj', 256], ['secmark', 512], ['label', 1024]) }),
  make({ id: 'igmp_type', number: 42, desc: 'IGMP type', byteorder: 'big', size: 8, base: integer, symbols: table('decimal', ['membership-query', 17], ['membership-report-v1', 18], ['membership-report-v2', 22], ['membership-report-v3', 34], ['leave-group', 23]) }),
  make({ id: 'day', number: 45, desc: 'Day of week of packet reception', byteorder: 'host', size: 8, base: integer, symbols: table('decimal', ['Sunday', 0], ['Monday', 1], ['Tuesday', 2], ['Wednesday', 3], ['Thursday', 4], ['Friday', 5], ['Saturday', 6]), print: (v, c) => {
    const name = c.options.numericSymbol ? undefined : DAYS[Number(v.value)];
    return name === undefined ? v.value.toString() : `"${name}"`;
  }, json: (v, c) => (c.options.numericSymbol ? v.value : DAYS[Number(v.value)] ?? v.value) }),
  make({ id: 'mptcp_subtype', name: 'integer', number: 4, desc: 'mptcp option subtype', byteorder: 'big', size: 4, base: integer, symbols: table('decimal', ['mp-capable', 0], ['mp-join', 1], ['dss', 2], ['add-addr', 3], ['remove-addr', 4], ['mp-prio', 5], ['mp-fail', 6], ['mp-fastclose', 7], ['mp-tcprst', 8]) }),
  make({ id: 'ip_frag', name: 'integer', number: 4, desc: 'integer', byteorder: 'big', size: 16, base: integer, hex: -1 }),
  inetProto,
];

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
