import type { Errno } from '../errno.ts';
import type { Family, HookName } from '../net/hook.ts';
import type { ValidateContext } from './definition.ts';

const INET: readonly Family[] = ['ip', 'ip6', 'inet'];

/** nft_chain_validate_hooks: the base chain's hook is one of these. */
export const hooksOnly = (ctx: ValidateContext, hooks: readonly HookName[]): Errno | null => (hooks.includes(ctx.base.name) ? null : 'EOPNOTSUPP');

/** The same, in the ip, ip6 and inet families only. */
export const inetHooksOnly = (ctx: ValidateContext, hooks: readonly HookName[]): Errno | null => (INET.includes(ctx.family) ? hooksOnly(ctx, hooks) : 'EOPNOTSUPP');

/** nft_chain_validate_dependency(NFT_CHAIN_T_NAT), then the hooks. */
export const natHooksOnly = (ctx: ValidateContext, hooks: readonly HookName[]): Errno | null =>
  !INET.includes(ctx.family) || ctx.base.type !== 'nat' ? 'EOPNOTSUPP' : hooksOnly(ctx, hooks);
