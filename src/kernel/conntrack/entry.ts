import type { TimeoutPolicy } from './timeout.ts';

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
  EXPECTED: 1,
  SEEN_REPLY: 2,
  ASSURED: 4,
  CONFIRMED: 8,
  SRC_NAT: 16,
  DST_NAT: 32,
  SEQ_ADJUST: 64,
  SRC_NAT_DONE: 128,
  DST_NAT_DONE: 256,
  DYING: 512,
  FIXED_TIMEOUT: 1024,
  TEMPLATE: 2048,
  NAT_CLASH: 4096,
  HELPER: 8192,
  OFFLOAD: 16384,
  HW_OFFLOAD: 32768,
} as const;
/** IPS_NAT_MASK, IPS_NAT_DONE_MASK. */
export const IPS_NAT_MASK = IPS.SRC_NAT | IPS.DST_NAT;
export const IPS_NAT_DONE_MASK = IPS.SRC_NAT_DONE | IPS.DST_NAT_DONE;

/** IP_CT_DIR_*. */
const _DIR = { ORIGINAL: 0, REPLY: 1 } as const;
export type Dir = 0 | 1;

/** struct nf_conntrack_zone; `both` is NF_CT_DEFAULT_ZONE_DIR, `mark` NF_CT_FLAG_MARK: a template's, whose number is the packet's mark. */
export interface Zone {
  readonly id: number;
  readonly dir: 'both' | 'original' | 'reply';
  readonly mark?: boolean;
}
export const DEFAULT_ZONE: Zone = Object.freeze({ id: 0, dir: 'both' });

/** IPCT_* event bits (enum ip_conntrack_events), as masks. */
export const IPCT = {
  NEW: 1,
  RELATED: 2,
  DESTROY: 4,
  REPLY: 8,
  ASSURED: 16,
  PROTOINFO: 32,
  HELPER: 64,
  MARK: 128,
  SEQADJ: 256,
  SECMARK: 512,
  LABEL: 1024,
  SYNPROXY: 2048,
} as const;
/** IPEXP_*. */
export const IPEXP = { NEW: 1, DESTROY: 2 } as const;

/** What listeners are told of (the nf_ct_event extension): masks set by `CT --ctevents`, `ct event set`, or everything. */
export interface EventCache {
  ctmask: number;
  expmask: number;
}

/**
 * A tracked connection (struct nf_conn). Mutable: packets change it. Which optional parts exist follows the kernel's
 * extensions (accounting, timestamp, labels, helper, seqadj …).
 */
export class Conntrack {
  readonly id: number;
  original: Tuple;
  reply: Tuple;
  status = 0;
  mark = 0;
  secmark = 0;
  zone: Zone;
  /** Host milliseconds at which it goes. Before confirmation: counted from now all the same. */
  expiresAt = 0;
  /** Protocol's own state: see ./proto/<protocol>.ts. */
  proto: ProtoState;
  /** 16 bytes; null: the extension was not added. */
  labels: Uint8Array | null = null;
  acct: { packets: [bigint, bigint]; bytes: [bigint, bigint] } | null = null;
  /** Wall clock milliseconds; stop 0: still there. */
  timestamp: { start: number; stop: number } | null = null;
  /** Name of its helper: see ./helper. */
  helper: string | null = null;
  /** nfct timeout policy bound by `CT --timeout` or `ct timeout set`. */
  timeoutPolicy: TimeoutPolicy | null = null;
  master: Conntrack | null = null;
  /** Connections in the hash that have this one as master. */
  children = 0;
  /** Per direction, when NAT helpers changed lengths (nf_ct_seqadj). */
  seqadj: [SeqAdjust, SeqAdjust] | null = null;
  natInfo: { masqIndex: number } | null = null;
  /** What helpers keep (ftp sequence positions, pptp call ids …), owned by the helper's file. */
  helperData: unknown = null;
  synproxy: { isn: number; its: number; tsoff: number } | null = null;
  /** IPCT_* bits not yet told to listeners. */
  pendingEvents = 0;
  /** Null for entries made while nobody listened (nf_conntrack_events=2): they stay silent. */
  events: EventCache | null = null;
  /** In the hash (between confirmation and death). */
  hashed = false;
  /** When the table last met it, counted in lookups. */
  met = 0;
  /** Its place in the table's list. */
  place = -1;

  constructor(id: number, zone: Zone, original: Tuple, reply: Tuple, proto: ProtoState) {
    this.id = id;
    this.zone = zone;
    this.original = original;
    this.reply = reply;
    this.proto = proto;
  }

  tuple(dir: Dir): Tuple {
    return dir === 0 ? this.original : this.reply;
  }
  get protonum(): number {
    return this.original.protonum;
  }
  get l3num(): 2 | 10 {
    return this.original.l3num;
  }
}

export interface SeqAdjust {
  correctionPos: number;
  offsetBefore: number;
  offsetAfter: number;
}

export type ProtoState =
  | {
      readonly kind: 'tcp';
      state: number;
      lastDir: number;
      retrans: number;
      lastIndex: number;
      lastSeq: number;
      lastAck: number;
      lastEnd: number;
      lastWin: number;
      lastWscale: number;
      lastFlags: number;
      seen: [TcpSide, TcpSide];
    }
  | { readonly kind: 'udp'; streamTs: number }
  | { readonly kind: 'sctp'; state: number; vtag: [number, number]; flags: number; lastDir: number; init: [boolean, boolean] }
  /** Timeouts in seconds, copied from the sysctls or the policy at the first packet. */
  | { readonly kind: 'gre'; streamTimeout: number; timeout: number }
  | { readonly kind: 'icmp' }
  | { readonly kind: 'generic' };

/** struct ip_ct_tcp_state */
export interface TcpSide {
  tdEnd: number;
  tdMaxEnd: number;
  tdMaxwin: number;
  tdMaxack: number;
  tdScale: number;
  flags: number;
}

const tcpSide = (): TcpSide => ({ tdEnd: 0, tdMaxEnd: 0, tdMaxwin: 0, tdMaxack: 0, tdScale: 0, flags: 0 });

/** The zeroed protocol part of a fresh struct nf_conn. */
export function newProtoState(protonum: number): ProtoState {
  switch (protonum) {
    case 6:
      return {
        kind: 'tcp',
        state: 0,
        lastDir: 0,
        retrans: 0,
        lastIndex: 0,
        lastSeq: 0,
        lastAck: 0,
        lastEnd: 0,
        lastWin: 0,
        lastWscale: 0,
        lastFlags: 0,
        seen: [tcpSide(), tcpSide()],
      };
    case 17:
    case 136:
      return { kind: 'udp', streamTs: -1 };
    case 132:
      return { kind: 'sctp', state: 0, vtag: [0, 0], flags: 0, lastDir: 0, init: [false, false] };
    case 47:
      return { kind: 'gre', streamTimeout: 0, timeout: 0 };
    case 1:
    case 58:
      return { kind: 'icmp' };
    default:
      return { kind: 'generic' };
  }
}
