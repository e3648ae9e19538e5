import type { HookState } from '../net/hook-state.ts';
import type { Skb, SocketInfo } from '../net/skb.ts';
import type { NftObject } from '../nf_tables/objects.ts';
import type { ExpressionOf } from './definition.ts';
import type { Regs } from './machine.ts';

/** struct nf_nat_range2: addresses of 4 or 16 bytes in network order, ports in host order. Flags are NF_NAT_RANGE_*. */
export interface NatRange {
  readonly flags: number;
  readonly min: Uint8Array;
  readonly max: Uint8Array;
  readonly minPort: number;
  readonly maxPort: number;
  readonly basePort: number;
}

/** Verdicts are NF_* numbers (machine.ts: NF). */
export interface PacketServices {
  /** nf_nat_setup_info */
  nat(skb: Skb, state: HookState, range: NatRange, manip: 'src' | 'dst'): number;
  /** nf_nat_masquerade_ipv4 / _ipv6 */
  masquerade(skb: Skb, state: HookState, range: NatRange): number;
  /** nf_nat_redirect_ipv4 / _ipv6 */
  redirect(skb: Skb, state: HookState, range: NatRange): number;
  /** nf_send_unreach(6), nf_send_reset(6): `code` null is a TCP reset. The caller drops the packet. */
  reject(skb: Skb, state: HookState, code: number | null): void;
  /** nft_fib4_eval, nft_fib6_eval: index of the output device, its name, or the RTN_* type; null: no route (zero). */
  fib(skb: Skb, state: HookState, fib: { readonly result: 'oif' | 'oifname' | 'type'; readonly flags: number }): number | string | null;
  /** nft_rt_get_eval */
  rt(skb: Skb, state: HookState, key: ExpressionOf<'rt'>['key']): Uint8Array | number | null;
  /** The socket that sent the packet or would take it; null: none (nf_sk_lookup_slow_v4). */
  socketOf(skb: Skb): SocketInfo | null;
  /** nft_tproxy_eval: true when a socket took the packet. */
  tproxy(skb: Skb, state: HookState, addr: Uint8Array | null, port: number | null): boolean;
  /** nf_dup_ipv4 / _ipv6: a copy is sent to the gateway, out of a device where one is named. */
  dup(skb: Skb, state: HookState, gateway: Uint8Array, oif: number): void;
  /** nf_dup_netdev_egress */
  dupNetdev(skb: Skb, state: HookState, oif: number): void;
  /** nf_fwd_netdev_egress, neigh_xmit; the packet is gone afterwards. */
  forwardNetdev(skb: Skb, state: HookState, oif: number, neighbour: Uint8Array | null): number;
  /** nft_synproxy_do_eval */
  synproxy(skb: Skb, state: HookState, options: { readonly mss: number; readonly wscale: number; readonly flags: number }): number;
  /** Objects that act on connections: ct helper, ct timeout, ct expectation, synproxy, secmark. */
  object(object: NftObject, regs: Regs, skb: Skb, state: HookState): void;
  /** nf_log_packet to the kernel's log; without `info` a netlink group, where nobody listens. */
  log?(skb: Skb, state: HookState, info?: { readonly prefix: string; readonly level: number; readonly flags: number }): void;
  /** skb_get_hash, symmetric. */
  symmetricHash?(skb: Skb): number;
  /** ct template of `ct zone set`. */
  setZone?(skb: Skb, zone: number, dir: 'original' | 'reply' | undefined): void;
  /** OS fingerprint of a SYN: genre and, where wanted, version. */
  osf?(skb: Skb, ttl: number, withVersion: boolean): string | null;
}
