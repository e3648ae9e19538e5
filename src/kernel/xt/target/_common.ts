import type { Errno } from '../../errno.ts';
import type { CheckContext, Draft } from '../definition.ts';

/** The draft seen as the info it becomes, writable: init gives every field its type. */
export const fields = <T>(draft: Draft): { -readonly [K in keyof T]: T[K] } => draft as unknown as { -readonly [K in keyof T]: T[K] };

export const HOOK = { PRE: 1, IN: 2, FWD: 4, OUT: 8, POST: 16 } as const;
export const TCP = 6;
export const UDP = 17;

interface Place {
  readonly table?: string;
  readonly hooks?: number;
  readonly proto?: number;
}

/** What struct xt_target itself demands (net/netfilter/x_tables.c: xt_check_target): table, hooks, protocol. */
export function misplaced(place: Place, c: CheckContext): Errno | null {
  if (place.table !== undefined && place.table !== c.table) return 'EINVAL';
  // nft_compat_chain_validate_dependency: a nat target wants a chain of type nat, whatever the table is called.
  if (place.table === 'nat' && c.chainType !== null && c.chainType !== 'nat') return 'EINVAL';
  if (place.hooks !== undefined && c.hookMask & ~place.hooks) return 'EINVAL';
  if (place.proto !== undefined && !isProto(c, place.proto)) return 'EINVAL';
  return null;
}

/** The rule says `-p proto`, not inverted. */
export const isProto = (c: CheckContext, ...protos: readonly number[]): boolean => !c.protoInverted && protos.includes(c.proto);

const _dec = String;
export const hex2 = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`;

/** x_tables.c: xt_check_target: in arp only targets that were made for it. */
export const refusedInArp = (_info: unknown, c: CheckContext): Errno | null => (c.family === 'arp' ? 'EINVAL' : null);
