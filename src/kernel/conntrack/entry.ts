/** One direction of a connection (struct nf_conntrack_tuple). Addresses are 4 or 16 bytes, network order. */
export interface Tuple {
  readonly l3num: 2 | 10;
  readonly protonum: number;
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  /** Ports; ICMP: id in `sport`, type and code in `icmp`; GRE: keys. Host order. */
  readonly sport: number;
  readonly dport: number;
  readonly icmp?: { readonly type: number; readonly code: number };
}

/** IPS_* bits of linux/netfilter/nf_conntrack_common.h. */
export const IPS = {
  EXPECTED: 1, SEEN_REPLY: 2, ASSURED: 4, CONFIRMED: 8, SRC_NAT: 16, DST_NAT: 32, SEQ_ADJUST: 64, SRC_NAT_DONE: 128,
  DST_NAT_DONE: 256, DYING: 512, FIXED_TIMEOUT: 1024, TEMPLATE: 2048, NAT_CLASH: 4096, HELPER: 8192, OFFLOAD: 16384, HW_OFFLOAD: 32768,
} as const;

/**
 * A tracked connection (struct nf_conn). Mutable: packets change it. Which optional parts exist follows the kernel's
 * extensions (accounting, timestamp, labels, helper, seqadj …).
 */
export interface Conntrack {
  readonly id: number;
  original: Tuple;
  reply: Tuple;
  status: number;
  mark: number;
  secmark: number;
  zone: { id: number; dir: 'both' | 'original' | 'reply' };
  /** Host milliseconds at which it goes. */
  expiresAt: number;
  /** Protocol's own state: see ./proto/<protocol>.ts. */
  proto: ProtoState;
  /** 16 bytes; null: the extension was not added. */
  labels: Uint8Array | null;
  acct: { packets: [bigint, bigint]; bytes: [bigint, bigint] } | null;
  timestamp: { start: number; stop: number } | null;
  helper: string | null;
  timeoutPolicy: string | null;
  master: Conntrack | null;
  /** Per direction, when NAT helpers changed lengths (nf_ct_seqadj). */
  seqadj: [SeqAdjust, SeqAdjust] | null;
  natInfo: { masqIndex: number } | null;
  /** What helpers keep (ftp sequence positions, pptp call ids …), owned by the helper's file. */
  helperData: unknown;
  synproxy: { isn: number; its: number; tsoff: number } | null;
  /** IPCT_* bits not yet told to listeners. */
  pendingEvents: number;
  /** False for entries made while nobody listened (nf_conntrack_events=2). */
  hasEvents: boolean;
  use: number;
}

export interface SeqAdjust { correctionPos: number; offsetBefore: number; offsetAfter: number }

export type ProtoState =
  | { readonly kind: 'tcp'; state: number; lastDir: number; retrans: number; lastIndex: number; lastSeq: number; lastAck: number; lastEnd: number; lastWin: number; lastWscale: number; lastFlags: number; seen: [TcpSide, TcpSide] }
  | { readonly kind: 'udp'; streamTs: number }
  | { readonly kind: 'sctp'; state: number; vtag: [number, number]; flags: number; lastDir: number; init: [boolean, boolean] }
  | { readonly kind: 'gre'; streamTimeout: number; timeout: number }
  | { readonly kind: 'icmp' }
  | { readonly kind: 'generic' };

/** struct ip_ct_tcp_state */
export interface TcpSide { tdEnd: number; tdMaxEnd: number; tdMaxwin: number; tdMaxack: number; tdScale: number; flags: number }
