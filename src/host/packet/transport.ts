import { SCTP_CHUNK, TCPOPT, TCPOPT_ALIAS } from '../../commands/nft/keys/exthdr.ts';
import { sctpChecksum } from '../../kernel/net/wire/crc32c.ts';
import { checksum, concat, pseudo, put16 } from '../../kernel/net/wire/bytes.ts';
import { IPPROTO } from '../../kernel/net/wire/ip.ts';
import { type Around, defaults, has, type Layer, type LayerField, type LayerKind, number, putFields, valueBytes } from './layer.ts';
import { fieldsOf } from './link.ts';
import { optionBytes } from './network.ts';

const bits = (name: string, offset: number, len: number): LayerField => ({ name, dtype: 'integer', offset, len });

/** Sum of the pseudo header with the addresses of the nearest IP header outside. */
function pseudoSum(around: Around, proto: number, length: number): number {
  const ip = around.outer.findLast((l) => l.kind.name === 'ip' || l.kind.name === 'ip6');
  if (!ip) return 0;
  const size = ip.kind.name === 'ip' ? 4 : 16;
  return pseudo(valueBytes(ip.values.get('saddr') ?? 0n, size), valueBytes(ip.values.get('daddr') ?? 0n, size), proto, length);
}

function header(l: Layer, size: number): Uint8Array {
  const head = new Uint8Array(size);
  putFields(head, l.kind.fields, l.values);
  return head;
}

/** A plain checksum over everything at byte `at`, unless one was written. */
function sealed(l: Layer, b: Uint8Array, at: number, init = 0): Uint8Array {
  if (has(l, 'checksum')) return b;
  put16(b, at, 0);
  put16(b, at, checksum(b, 0, b.length, init));
  return b;
}

/** Ports by which a packet without any is sent: what a client would take. */
const CLIENT_PORT = 40000;

const ACK = 0x10,
  PSH = 0x08,
  SYN = 0x02;

const ECHO = new Set(['8', '0', '128', '129']);
const icmpDefaults = (l: Layer, request: number): void => {
  defaults(l, { type: request, code: 0 });
  if (ECHO.has(String(number(l, 'type')))) defaults(l, { id: 1, sequence: 1 });
};

/** Bytes after the first eight that belong to the header, by ICMP type (timestamps, address masks). */
const ICMP_MORE: Readonly<Record<number, number>> = { 13: 12, 14: 12, 17: 4, 18: 4 };
/** Neighbour discovery and multicast listener messages that hold addresses. */
const ICMPV6_MORE: Readonly<Record<number, number>> = { 130: 16, 131: 16, 132: 16, 134: 8, 135: 16, 136: 16, 137: 32 };

/** DCCP: bytes after the 16 of the long generic header, by type (RFC 4340, 5). */
const DCCP_MORE: Readonly<Record<number, number>> = { 0: 4, 1: 12, 3: 8, 4: 8, 5: 8, 6: 8, 7: 12, 8: 8, 9: 8 };

function chunkBytes(l: Layer, inner: Uint8Array): Uint8Array {
  const parts = l.options.map(({ def, values }, i) => {
    const size = Math.max(...def.fields.map((f) => f.offset + f.len)) / 8;
    const head = new Uint8Array(size);
    head[0] = def.type;
    putFields(head, def.fields, values);
    const all = i === l.options.length - 1 ? concat(head, inner) : head;
    if (!values.has('length')) put16(all, 2, all.length);
    return concat(all, new Uint8Array(-all.length & 3));
  });
  return l.options.length ? concat(...parts) : inner;
}

const INIT: Readonly<Record<string, bigint>> = { 'init-tag': 1n, 'a-rwnd': 65536n, 'num-outbound-streams': 10n, 'num-inbound-streams': 10n, 'initial-tsn': 1n };

export const TRANSPORT: readonly LayerKind[] = [
  {
    name: 'tcp',
    base: 'transport',
    fields: fieldsOf('tcp'),
    short: { seq: 'sequence', ack: 'ackseq', win: 'window', urg: 'urgptr' },
    options: { word: 'option', list: TCPOPT, alias: TCPOPT_ALIAS },
    choose(l, { payload }) {
      const later = has(l, 'ackseq') || payload;
      defaults(l, { sport: CLIENT_PORT, dport: 80, sequence: 1000, window: 64240 });
      defaults(l, { flags: later ? ACK | (payload ? PSH : 0) : SYN });
      if (number(l, 'flags') & ACK) defaults(l, { ackseq: 1 });
    },
    encode(l, inner, around) {
      const options = optionBytes(l, (t) => t > 1, l.options.length ? 1 : 0);
      defaults(l, { doff: 5 + options.length / 4 });
      const all = concat(header(l, 20), options, inner);
      return sealed(l, all, 16, pseudoSum(around, IPPROTO.TCP, all.length));
    },
  },
  {
    name: 'udp',
    base: 'transport',
    fields: fieldsOf('udp'),
    choose(l, { next }) {
      const tunnel: Readonly<Record<string, number>> = { vxlan: 4789, geneve: 6081 };
      defaults(l, { sport: CLIENT_PORT, dport: tunnel[next?.kind.name ?? ''] ?? 53 });
    },
    encode(l, inner, around) {
      defaults(l, { length: 8 + inner.length });
      const all = sealed(l, concat(header(l, 8), inner), 6, pseudoSum(around, IPPROTO.UDP, 8 + inner.length));
      // A sum of zero is sent as its other form: zero says that there is none.
      if (!has(l, 'checksum') && all[6] === 0 && all[7] === 0) all.fill(255, 6, 8);
      return all;
    },
  },
  {
    name: 'udplite',
    base: 'transport',
    fields: fieldsOf('udplite'),
    choose: (l) => defaults(l, { sport: CLIENT_PORT, dport: 53 }),
    encode(l, inner, around) {
      const all = concat(header(l, 8), inner);
      if (has(l, 'checksum')) return all;
      const cover = number(l, 'csumcov') || all.length;
      put16(all, 6, checksum(all, 0, Math.min(cover, all.length), pseudoSum(around, IPPROTO.UDPLITE, all.length)) || 0xffff);
      return all;
    },
  },
  {
    name: 'icmp',
    base: 'transport',
    fields: fieldsOf('icmp'),
    short: { seq: 'sequence' },
    choose: (l) => icmpDefaults(l, 8),
    encode: (l, inner) => sealed(l, concat(header(l, 8 + (ICMP_MORE[number(l, 'type')] ?? 0)), inner), 2),
  },
  {
    name: 'icmpv6',
    aliases: ['icmp6'],
    base: 'transport',
    fields: fieldsOf('icmpv6'),
    short: { seq: 'sequence' },
    choose: (l) => icmpDefaults(l, 128),
    encode(l, inner, around) {
      const all = concat(header(l, 8 + (ICMPV6_MORE[number(l, 'type')] ?? 0)), inner);
      return sealed(l, all, 2, pseudoSum(around, IPPROTO.ICMPV6, all.length));
    },
  },
  {
    name: 'igmp',
    base: 'transport',
    fields: fieldsOf('igmp'),
    choose: (l) => defaults(l, { type: 0x16 }),
    encode: (l, inner) => sealed(l, concat(header(l, 8), inner), 2),
  },
  {
    name: 'sctp',
    base: 'transport',
    fields: fieldsOf('sctp'),
    options: { word: 'chunk', list: SCTP_CHUNK },
    choose(l, { payload }) {
      const init = SCTP_CHUNK.find((c) => c.name === 'init');
      if (init && l.options.length === 0 && !payload) l.options.push({ def: init, values: new Map(Object.entries(INIT)) });
      defaults(l, { sport: CLIENT_PORT, dport: 5060, vtag: l.options.some((o) => o.def.name === 'init') ? 0 : 1 });
    },
    encode(l, inner) {
      const all = concat(header(l, 12), chunkBytes(l, inner));
      if (has(l, 'checksum')) return all;
      all.set(sctpChecksum(all, 0), 8);
      return all;
    },
  },
  {
    name: 'dccp',
    base: 'transport',
    fields: [...fieldsOf('dccp'), bits('sequence', 80, 48), bits('checksum', 48, 16)],
    choose: (l) => defaults(l, { sport: CLIENT_PORT, dport: 5004, type: 0, sequence: 1000 }),
    encode(l, inner, around) {
      const head = header(l, 16 + (DCCP_MORE[number(l, 'type')] ?? 0));
      head[4] = head.length / 4;
      head[8] |= 1;
      const all = concat(head, inner);
      return sealed(l, all, 6, pseudoSum(around, IPPROTO.DCCP, all.length));
    },
  },
  {
    name: 'esp',
    base: 'transport',
    fields: fieldsOf('esp'),
    choose: (l) => defaults(l, { spi: 1, sequence: 1 }),
    encode: (l, inner) => concat(header(l, 8), inner),
  },
  {
    name: 'ah',
    base: 'extension',
    key: 'nexthdr',
    fields: fieldsOf('ah'),
    choose: (l, { nextNumber }) => defaults(l, { nexthdr: nextNumber ?? IPPROTO.NONE, hdrlength: 4, spi: 1, sequence: 1 }),
    encode: (l, inner) => concat(header(l, 24), inner),
  },
  {
    name: 'comp',
    base: 'extension',
    key: 'nexthdr',
    fields: fieldsOf('comp'),
    choose: (l, { nextNumber }) => defaults(l, { nexthdr: nextNumber ?? IPPROTO.NONE, cpi: 1 }),
    encode: (l, inner) => concat(header(l, 4), inner),
  },
  {
    name: 'gre',
    base: 'tunnel',
    key: 'protocol',
    fields: [...fieldsOf('gre'), bits('key', 32, 32), bits('sequence', 64, 32)],
    short: { seq: 'sequence' },
    choose(l, { nextNumber }) {
      // Version 1 (PPTP) carries PPP, with the length of its payload in the key.
      const pptp = number(l, 'version') === 1;
      defaults(l, { version: 0, protocol: pptp ? 0x880b : (nextNumber ?? 0x0800) });
      if (pptp && !has(l, 'key')) defaults(l, { key: 1 });
      defaults(l, { flags: (has(l, 'key') ? 0x04 : 0) | (has(l, 'sequence') ? 0x02 : 0) });
    },
    encode(l, inner) {
      const head = header(l, 12);
      return concat(head.subarray(0, 4), head.subarray(4, has(l, 'key') ? 8 : 4), head.subarray(8, has(l, 'sequence') ? 12 : 8), inner);
    },
  },
  {
    name: 'vxlan',
    base: 'tunnel',
    fields: fieldsOf('vxlan'),
    choose: (l) => defaults(l, { flags: 8 }),
    encode: (l, inner) => concat(header(l, 8), inner),
  },
  {
    name: 'geneve',
    base: 'tunnel',
    fields: fieldsOf('geneve'),
    choose: (l) => defaults(l, { type: 0x6558 }),
    encode: (l, inner) => concat(header(l, 8), inner),
  },
];
