import type { HookState } from '../net/hook-state.ts';
import type { XtVerdict } from './definition.ts';
import type { Address, Flag, Ranged } from './ebt.ts';

/** What the packet faces of the ebtables extensions share; a part that was not given matches. */
export const flagHit = (f: Flag | null, n: number): boolean => !f || (n === f.value) !== f.inverted;
export const rangeHit = (r: Ranged | null, n: number): boolean => !r || (n >= r.from && n <= r.to) !== r.inverted;
export const addressHit = (a: Address | null, bytes: Uint8Array): boolean => !a || bytes.every((b, k) => (b & a.mask[k]) === a.value[k]) !== a.inverted;

interface Types {
  readonly type: readonly [number, number];
  readonly code: readonly [number, number];
  readonly inverted: boolean;
}
interface Transport {
  readonly sport: Ranged | null;
  readonly dport: Ranged | null;
  readonly icmp: Types | null;
  readonly igmp: Types | null;
}

/** The end of ebt_ip_mt and ebt_ip6_mt: ports, or type and code. */
export function portsHit(i: Transport, d: Uint8Array, at: number): boolean {
  if (at + 4 > d.length) return false;
  const inside = (n: number, r: readonly [number, number]): boolean => n >= r[0] && n <= r[1];
  if (!rangeHit(i.dport, (d[at + 2] << 8) | d[at + 3]) || !rangeHit(i.sport, (d[at] << 8) | d[at + 1])) return false;
  if (i.icmp && (inside(d[at], i.icmp.type) && inside(d[at + 1], i.icmp.code)) === i.icmp.inverted) return false;
  return !i.igmp || inside(d[at], i.igmp.type) !== i.igmp.inverted;
}

export const ebtVerdict = (word: string): XtVerdict => (word === 'ACCEPT' ? 'accept' : word === 'DROP' ? 'drop' : word === 'RETURN' ? 'return' : 'continue');

/** Address of the bridge whose port the frame came by. */
export function bridgeMac(state: HookState): Uint8Array | null {
  const master = state.in?.master;
  return master ? (state.net.stack.device(master)?.mac ?? null) : null;
}
