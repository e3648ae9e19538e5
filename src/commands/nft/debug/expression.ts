import type { Expression, ExpressionKind, ObjectKind, Register, Verdict } from '../../../kernel/expr/expression.ts';

/** As nft sends it, or as the kernel gives it back: the kernel adds attributes of its own. */
export type Seen = 'sent' | 'dumped';

/** The 32-bit words of a register as the host reads them, the last one filled up with zeros. */
export function words(data: Uint8Array): string[] {
  const out: string[] = [];
  for (let i = 0; i < data.length; i += 4) {
    let word = '';
    for (let b = i + 3; b >= i; b--) word += (data[b] ?? 0).toString(16).padStart(2, '0');
    out.push(word);
  }
  return out;
}

const value = (data: Uint8Array): string =>
  words(data)
    .map((w) => `0x${w}`)
    .join(' ');

/** A chain written in the rule has no name when it is sent. */
export const verdict = (v: Verdict): string => ((v.code === 'jump' || v.code === 'goto') && v.chain ? `${v.code} -> ${v.chain}` : v.code);

const hex = (n: number): string => `0x${n.toString(16)}`;

const UNIT: Readonly<Record<string, string>> = { 1: 'second', 60: 'minute', 3600: 'hour', 86400: 'day', 604800: 'week' };

/** NFT_OBJECT_* */
const OBJECT: Readonly<Record<ObjectKind, number>> = {
  counter: 1,
  quota: 2,
  'ct helper': 3,
  limit: 4,
  tunnel: 6,
  'ct timeout': 7,
  secmark: 8,
  'ct expectation': 9,
  synproxy: 10,
};

/** Keys that libnftnl writes otherwise than the kernel. */
const CT_KEY: Readonly<Record<string, string>> = { labels: 'label', eventmask: 'event', l3proto: 'l3protocol' };
const metaKey = (key: string): string => (key === 'bri_broute' ? 'broute' : key);
const ctKey = (key: string): string => CT_KEY[key] ?? key;

/** The kernel does not give back which way it was asked (nft_ct_get_dump). */
const SAME_BOTH_WAYS: ReadonlySet<string> = new Set(['l3proto', 'protocol']);

const SHIFT = { lshift: '<<', rshift: '>>', and: '&', or: '|', xor: '^' } as const;
const CSUM = { none: 0, inet: 1, sctp: 2 } as const;
const REJECT = { icmp_unreach: 0, tcp_rst: 1, icmpx_unreach: 2 } as const;
const FIB_KEYS = ['saddr', 'daddr', 'mark', 'iif', 'oif'];
const FIB_PRESENT = 32;
const LOG_FLAGS: readonly (readonly [number, string])[] = [
  [1, 'tcpseq'],
  [2, 'tcpopt'],
  [4, 'ipopt'],
  [8, 'uid'],
  [32, 'macdecode'],
];
/** Level `warn`, which the kernel fills in. */
const LOG_LEVEL = 4;
const MAP_IPS = 1;
const PROTO_SPECIFIED = 2;
const NAT_FAMILY: Readonly<Record<number, string>> = { 2: 'ip', 10: 'ip6' };
/** libnftnl names neither chunks of sctp nor options of dccp. */
const EXTHDR = { ipv6: 'ipv6 ', tcpopt: 'tcpopt ', ipv4: 'ipv4 ', sctp: '', dccp: '' } as const;

const maybe = (word: string, n: Register | undefined): string => (n === undefined ? '' : ` ${word} ${n}`);
const dir = (d: string | undefined): string => (d === undefined ? '' : ` , dir ${d}`);

/** nft_nat_init, nft_redir_init, nft_masq_init: one port is both ends of a range, and says so. */
function ports({ flags, sregProtoMin: min, sregProtoMax: max }: { flags: number; sregProtoMin?: Register; sregProtoMax?: Register }, seen: Seen, more = 0): string {
  const all = seen === 'dumped' ? flags | more | (min === undefined ? 0 : PROTO_SPECIFIED) : flags;
  return `${maybe('proto_min reg', min)}${maybe('proto_max reg', max ?? (seen === 'dumped' ? min : undefined))}${all ? ` flags ${hex(all)}` : ''}`;
}

type Of<K extends ExpressionKind> = Extract<Expression, { readonly kind: K }>;

/** What libnftnl writes after the name of each expression (its nftnl_expr_*_snprintf). */
const FACES: { readonly [K in ExpressionKind]: (e: Of<K>, seen: Seen) => string } = {
  counter: (e) => `pkts ${e.packets} bytes ${e.bytes}`,
  limit: (e) => `rate ${e.rate}/${UNIT[String(e.unit)] ?? 'error'} burst ${e.burst} type ${e.type === 'pkts' ? 'packets' : 'bytes'} flags ${hex(Number(e.inv))}`,
  quota: (e) => `bytes ${e.bytes} consumed ${e.consumed} flags ${Number(e.inv)}`,
  connlimit: (e) => `count ${e.count} flags ${Number(e.inv)}`,
  last: (e) => (e.set ? String(e.msecs) : 'never'),
  payload: (e) => `load ${e.len}b @ ${e.base} header + ${e.offset} => reg ${e.dreg}`,
  payload_set: (e) => `write reg ${e.sreg} => ${e.len}b @ ${e.base} header + ${e.offset} csum_type ${CSUM[e.csumType]} csum_off ${e.csumOffset} csum_flags ${hex(e.csumFlags)}`,
  cmp: (e) => `${e.op} reg ${e.sreg} ${value(e.data)}`,
  range: (e) => `${e.op} reg ${e.sreg} ${value(e.from)} ${value(e.to)}`,
  bitwise: (e) => {
    if (e.op === 'mask_xor') return `reg ${e.dreg} = ( reg ${e.sreg} & ${value(e.mask)} ) ^ ${value(e.xor)}`;
    return `reg ${e.dreg} = ( reg ${e.sreg} ${SHIFT[e.op]} ${e.data ? value(e.data) : `reg ${e.sreg2}`} )`;
  },
  byteorder: (e) => `reg ${e.dreg} = ${e.op}(reg ${e.sreg}, ${e.size}, ${e.len})`,
  meta: (e) => `load ${metaKey(e.key)} => reg ${e.dreg}`,
  meta_set: (e) => `set ${metaKey(e.key)} with reg ${e.sreg}`,
  ct: (e, seen) => `load ${ctKey(e.key)} => reg ${e.dreg}${seen === 'dumped' && SAME_BOTH_WAYS.has(e.key) ? '' : dir(e.dir)}`,
  ct_set: (e) => `set ${ctKey(e.key)} with reg ${e.sreg}${dir(e.dir)}`,
  rt: (e) => `load ${e.key === 'xfrm' ? 'ipsec' : e.key} => reg ${e.dreg}`,
  socket: (e) => `load ${e.key} => reg ${e.dreg}${e.level ? ` level ${e.level}` : ''}`,
  exthdr: (e) => `load ${EXTHDR[e.op]}${e.len}b @ ${e.type} + ${e.offset}${e.present ? ' present' : ''} => reg ${e.dreg}`,
  exthdr_set: (e) => `write ${EXTHDR[e.op]}reg ${e.sreg} => ${e.len}b @ ${e.type} + ${e.offset}`,
  exthdr_reset: (e) => `reset ${e.op} ${e.type}`,
  fib: (e) => `${FIB_KEYS.filter((_, i) => e.flags & (1 << i)).join(' . ')} ${e.result}${e.flags & FIB_PRESENT ? ' present' : ''} => reg ${e.dreg}`,
  osf: (e) => `dreg ${e.dreg}`,
  numgen: (e) => `reg ${e.dreg} = ${e.type === 'incremental' ? 'inc' : 'random'} mod ${e.modulus}${e.offset ? ` offset ${e.offset}` : ''}`,
  hash: (e) =>
    `reg ${e.dreg} = ${e.type === 'jenkins' ? `jhash(reg ${e.sreg}, ${e.len}, ${hex(e.seed ?? 0)})` : 'symhash()'} % mod ${e.modulus}${e.offset ? ` offset ${e.offset}` : ''}`,
  xfrm: (e) => `load ${e.dir} ${e.spnum} ${e.key} => reg ${e.dreg}`,
  tunnel: (e) => `load ${e.key} => reg ${e.dreg}`,
  inner: (e, seen) => `type ${e.type} hdrsize ${e.hdrsize} flags ${e.flags.toString(16)} ${expressionText(e.expr, seen)}`,
  lookup: (e, seen) => `reg ${e.sreg} set ${e.set}${maybe('dreg', e.dreg)}${e.inv || seen === 'dumped' ? ` ${hex(Number(e.inv))}` : ''}`,
  dynset: (e, seen) => {
    const timeout = e.timeout || seen === 'dumped' ? ` timeout ${e.timeout}ms` : '';
    return `${e.op} reg_key ${e.sregKey} set ${e.set}${maybe('sreg_data', e.sregData)}${timeout}${e.exprs.map((x) => ` expr ${expressionText(x, seen)}`).join('')}`;
  },
  immediate: (e) => `reg ${e.dreg} ${'value' in e.data ? value(e.data.value) : verdict(e.data.verdict)}`,
  log: (e, seen) => {
    const level = e.level ?? (seen === 'dumped' ? LOG_LEVEL : undefined);
    const flags = LOG_FLAGS.filter(([bit]) => (e.flags ?? 0) & bit).map(([, word]) => word);
    return [
      ...(e.prefix === undefined ? [] : [`prefix ${e.prefix}`]),
      ...(e.group !== undefined ? [`group ${e.group} snaplen ${e.snaplen ?? 0} qthreshold ${e.qthreshold ?? 0}`] : [...(level === undefined ? [] : [`level ${level}`]), ...flags]),
    ].join(' ');
  },
  reject: (e) => `type ${REJECT[e.type]} code ${e.icmpCode}`,
  nat: (e, seen) => {
    const max = e.sregAddrMax ?? (seen === 'dumped' ? e.sregAddrMin : undefined);
    return `${e.type} ${NAT_FAMILY[e.family] ?? 'unknown'}${maybe('addr_min reg', e.sregAddrMin)}${maybe('addr_max reg', max)}${ports(e, seen, e.sregAddrMin === undefined ? 0 : MAP_IPS)}`;
  },
  masq: (e, seen) => ports(e, seen).trimStart(),
  redir: (e, seen) => ports(e, seen).trimStart(),
  tproxy: (e) => `${NAT_FAMILY[e.family] ?? ''}${maybe('addr reg', e.sregAddr)}${maybe('port reg', e.sregPort)}`.trimStart(),
  dup: (e) => `${maybe('sreg_addr', e.sregAddr)}${maybe('sreg_dev', e.sregDev)}`.trimStart(),
  fwd: (e) => `sreg_dev ${e.sregDev}${maybe('sreg_addr', e.sregAddr)}${maybe('nfproto', e.nfproto)}`,
  queue: (e) => {
    const which = e.sregQnum !== undefined ? `sreg_qnum ${e.sregQnum}` : `num ${e.num}${e.total > 1 ? `-${e.num + e.total - 1}` : ''}`;
    return `${which}${e.flags & 1 ? ' bypass' : ''}${e.flags & 2 ? ' fanout' : ''}`;
  },
  notrack: () => '',
  synproxy: (e) => `mss ${e.mss} wscale ${e.wscale}`,
  objref: (e) => `type ${OBJECT[e.type]} name ${e.name}`,
  objref_map: (e) => `sreg ${e.sreg} set ${e.set}`,
  flow_offload: (e) => `flowtable ${e.table}`,
  match: (e) => `name ${e.name} rev ${e.rev}`,
  target: (e) => `name ${e.name} rev ${e.rev}`,
};

/** Kinds that are one expression of the kernel with another one. */
const NAME: { readonly [K in ExpressionKind]?: string } = {
  payload_set: 'payload',
  meta_set: 'meta',
  ct_set: 'ct',
  exthdr_set: 'exthdr',
  exthdr_reset: 'exthdr',
  objref_map: 'objref',
};

/** `[ name … ]` as libnftnl writes it. */
export function expressionText(e: Expression, seen: Seen): string {
  const face = FACES[e.kind] as (e: Expression, seen: Seen) => string,
    said = face(e, seen);
  return `[ ${NAME[e.kind] ?? e.kind} ${said}${said ? ' ' : ''}]`;
}
