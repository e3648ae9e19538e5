import type { Errno } from '../errno.ts';
import type { CheckContext } from './definition.ts';

/** The columns of struct xt_match that xt_check_match looks at before the extension's own checkentry. */

/** .proto */
export const needProtocol = (c: CheckContext, proto: number): Errno | null => (c.proto !== proto || c.protoInverted ? 'EINVAL' : null);

/** .hooks: every hook from which the rule can be reached must be one of these. */
export const needHooks = (c: CheckContext, hooks: number): Errno | null => (c.hookMask & ~hooks ? 'EINVAL' : null);

/** .table */
const _needTable = (c: CheckContext, table: string): Errno | null => (c.table !== table ? 'EINVAL' : null);

export const HOOK_BIT = { prerouting: 1, input: 2, forward: 4, output: 8, postrouting: 16 } as const;
