import type { Conntrack } from '../conntrack/entry.ts';
import type { Errno } from '../errno.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { Chain, NftSet, Rule, SetElement, Table } from '../nf_tables/objects.ts';
import type { NetDevice } from '../stack/device.ts';
import type { Dst } from '../stack/fib.ts';

/**
 * What happens to packets, told while it happens. `skb` and what hangs on it is alive: a tracer reads what it needs at
 * once and changes nothing. Which packet it is says `skb.id`; an answer or a copy names its cause in `skb.parent` (0: none).
 */
export interface Tracer {
  /** It wants to know of rules only which one decided, so chains may run by their short cuts. */
  readonly brief?: boolean;
  event(e: TraceEvent): void;
}

/** Where a rule stands. `base` is the chain at the hook from which the packet came to `chain`. */
export interface RulePlace {
  /** Rules of the legacy tools are in a ruleset of their own. */
  readonly legacy: boolean;
  /** The same object for all that belongs to one packet's run through a base chain. */
  readonly run: object;
  readonly table: Table;
  readonly base: Chain;
  readonly chain: Chain;
}

/** What a rule, or the end of a chain, decided. `continue`: nothing, the next rule is asked. */
export type RuleVerdict =
  | { readonly code: 'continue' | 'accept' | 'drop' | 'stolen' | 'return' }
  | { readonly code: 'queue'; readonly num: number; readonly bypass: boolean }
  | { readonly code: 'jump' | 'goto'; readonly chain: string };

/** The expression (index in `rule.exprs`) at which a rule stopped matching. */
export interface FailedTest {
  readonly index: number;
  /** What was compared or looked up, as long as the expression's own data or the set's key; null: no such field in the packet, or the test compares no register. */
  readonly actual: Uint8Array | null;
  /** What was loaded of the packet before masks and byte orders (16 bytes of registers), by which expression; null: several loads, or none. */
  readonly loaded: { readonly index: number; readonly value: Uint8Array } | null;
}

/** SKB_DROP_REASON_* without the prefix (include/net/dropreason-core.h); NOT_SPECIFIED where the kernel says no more. */
export type DropReason =
  | 'NOT_SPECIFIED'
  | 'NETFILTER_DROP'
  | 'OTHERHOST'
  | 'CPU_BACKLOG'
  | 'PKT_TOO_SMALL'
  | 'PKT_TOO_BIG'
  | 'IP_CSUM'
  | 'IP_INHDR'
  | 'IP_RPFILTER'
  | 'IP_LOCAL_SOURCE'
  | 'IP_LOCALNET'
  | 'IP_INVALID_SOURCE'
  | 'IP_INVALID_DEST'
  | 'IP_INNOROUTES'
  | 'IP_OUTNOROUTES'
  | 'IP_NOPROTO'
  | 'UNICAST_IN_L2_MULTICAST'
  | 'IPV6DISABLED'
  | 'NO_SOCKET'
  | 'TCP_CSUM'
  | 'TCP_FLAGS'
  | 'UDP_CSUM'
  | 'ICMP_CSUM'
  | 'UNHANDLED_PROTO'
  | 'NEIGH_FAILED'
  | 'NEIGH_QUEUEFULL'
  | 'DEV_READY'
  | 'FRAG_REASM_TIMEOUT'
  | 'DUP_FRAG'
  | 'BRIDGE_INGRESS_STP_STATE';

/** What made a packet that did not come from outside. */
export type Origin = 'send' | 'icmp' | 'reset' | 'copy' | 'fragment' | 'neighbour' | 'synproxy' | 'socket';

export interface Endpoints {
  /** 4 or 16 bytes. */
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  /** Ports, or the ICMP id as both; null: the protocol has none. */
  readonly sport: number | null;
  readonly dport: number | null;
}

interface AboutPacket {
  readonly skb: Skb;
}
interface AtHook extends AboutPacket {
  readonly state: HookState;
}
interface AtRule extends AtHook {
  readonly place: RulePlace;
}

export type TraceEvent =
  /** A frame came in on a device: from outside, over loopback, from a veth's other end. */
  | (AboutPacket & { readonly kind: 'received'; readonly dev: NetDevice })
  | (AboutPacket & { readonly kind: 'made'; readonly origin: Origin })
  /** A hook at which something is registered is entered … */
  | (AtHook & { readonly kind: 'hook' })
  /** … and left. */
  | (AtHook & { readonly kind: 'hook-end'; readonly verdict: 'accept' | 'drop' | 'stolen' })
  | (AtRule & { readonly kind: 'chain' })
  | (AtRule & { readonly kind: 'lookup'; readonly rule: Rule; readonly index: number; readonly set: NftSet; readonly key: Uint8Array; readonly element: SetElement | null })
  /** A rule was met; `position` counts from 1. `failed` null: every test held, and `verdict` is what it said. */
  | (AtRule & { readonly kind: 'rule'; readonly rule: Rule; readonly position: number; readonly failed: FailedTest | null; readonly verdict: RuleVerdict })
  /** The last rule of a chain did not end the way; in a chain that was jumped to the packet returns. */
  | (AtRule & { readonly kind: 'chain-end'; readonly rule: Rule | null })
  | (AtRule & { readonly kind: 'policy'; readonly verdict: 'accept' | 'drop' })
  /**
   * Connection tracking looked at the packet. `untracked`: told not to track it; `invalid`: `why` says which check.
   * `created`: the entry is new and not confirmed yet.
   */
  | (AtHook & {
      readonly kind: 'conntrack';
      readonly result: 'new' | 'established' | 'related' | 'untracked' | 'invalid';
      readonly ct: Conntrack | null;
      readonly dir: 0 | 1;
      readonly created: boolean;
      readonly why: string | null;
      readonly dropped: boolean;
    })
  /** The entry went into the table, or could not. */
  | (AtHook & { readonly kind: 'confirm'; readonly ct: Conntrack; readonly ok: boolean })
  | (AtHook & { readonly kind: 'nat'; readonly manip: 'src' | 'dst'; readonly before: Endpoints; readonly after: Endpoints })
  /** A routing decision. `reroute`: again, since a rule changed addresses or mark. Without `dst` there was none, for `reason`. */
  | (AboutPacket & { readonly kind: 'route'; readonly when: 'input' | 'output' | 'reroute'; readonly dst: Dst | null; readonly reason: DropReason | Errno | null })
  /** A fragment waits for the others, or was the last one missing. */
  | (AboutPacket & { readonly kind: 'defrag'; readonly complete: boolean })
  /** The packet ends here without having gone anywhere; an answer (`made`) may have been sent before. */
  | (AboutPacket & { readonly kind: 'drop'; readonly reason: DropReason; readonly why: string | null })
  /** Taken by the host itself: an IP protocol, or ARP's EtherType … */
  | (AboutPacket & { readonly kind: 'delivered'; readonly proto: number })
  /** … where nobody wanted it. */
  | (AboutPacket & { readonly kind: 'unwanted'; readonly reason: DropReason })
  /** Cut: what goes on are its pieces, each a packet `made` of it. */
  | (AboutPacket & { readonly kind: 'cut'; readonly pieces: number })
  /** Waits until the next hop's link-layer address is known. */
  | (AboutPacket & { readonly kind: 'waiting'; readonly dev: NetDevice; readonly nexthop: Uint8Array })
  /** Handed to a device; it leaves the host unless that is the loopback, a bridge, a VLAN or a veth. */
  | (AboutPacket & { readonly kind: 'transmit'; readonly dev: NetDevice })
  | (AboutPacket & { readonly kind: 'emitted'; readonly dev: NetDevice; readonly frame: Uint8Array });

export type TraceEventOf<K extends TraceEvent['kind']> = Extract<TraceEvent, { readonly kind: K }>;
