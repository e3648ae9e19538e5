import type { ByteOrder, DatatypeName } from '../../../parsers/nft/ast.ts';

export type ProtoBase = 'link' | 'network' | 'transport' | 'inner';

/** A header field: bits from the header's start. `meta`: not in the packet, but a meta key (pseudo protocols). */
export interface Field {
  readonly name: string;
  readonly dtype: DatatypeName;
  readonly offset: number;
  readonly len: number;
  readonly byteorder: ByteOrder;
  readonly meta?: string;
  /** Which types of an icmp message have this field (enum icmp_hdr_field_type). */
  readonly icmp?: 'echo' | 'redirect' | 'pmtu' | 'param' | 'mtu' | 'maxdelay' | 'address' | 'taddr';
}

/** One protocol of nftables' src/proto.c. */
export interface Proto {
  readonly name: string;
  readonly base: ProtoBase;
  /** In the order of the real tables: of fields at the same place the first is printed. */
  readonly fields: readonly Field[];
  /** Field that says what comes next. */
  readonly key?: string;
  /** Next protocols by number, in the real order. */
  readonly upper: readonly (readonly [number, string])[];
  /** Checksum field that a mangled payload updates. */
  readonly checksum?: string;
  /** Fields not set by comparison of templates but by pseudo header: transport protocols over ip. */
  readonly pseudo?: boolean;
  /** How the packets of `nft monitor trace` are shown: fields in this order (else as they stand), and those left out. */
  readonly trace?: { readonly order?: readonly string[]; readonly hidden?: readonly string[] };
  /** Tunnel: type number and header size for the inner expression. */
  readonly tunnel?: { readonly type: number; readonly hdrsize: number; readonly flags: number };
}

export const field = (name: string, dtype: DatatypeName, offset: number, len: number, icmp?: Field['icmp']): Field => ({
  name,
  dtype,
  offset,
  len,
  byteorder: 'big',
  ...(icmp ? { icmp } : {}),
});
export const meta = (name: string, dtype: DatatypeName, key: string, len: number): Field => ({ name, dtype, offset: 0, len, byteorder: 'host', meta: key });

/** proto_desc with transport protocols over IPv4 and IPv6. */
const _L4: readonly (readonly [number, string])[] = [
  [50, 'esp'],
  [51, 'ah'],
  [108, 'comp'],
  [17, 'udp'],
  [136, 'udplite'],
  [6, 'tcp'],
  [33, 'dccp'],
  [132, 'sctp'],
];
