import { helper as registered } from './generated/helper.ts';
import type { Helper } from './helper-definition.ts';

const all = registered as readonly Helper[];
const names = new Map<string, Helper>();
for (const h of all) if (!names.has(h.name)) names.set(h.name, h);

/** First helper of a name, whatever its protocols. */
export const helperByName = (name: string): Helper | undefined => names.get(name);

/** __nf_conntrack_helper_find: by name and the protocols of the connection. */
export const findHelper = (name: string, l3num: number, protonum: number): Helper | undefined =>
  all.find((h) => h.name === name && (h.l3num === 0 || h.l3num === l3num) && h.l4proto === protonum);

/** The helper that a connection has: an expectation may have given it one that is registered for another protocol. */
export const helperOf = (ct: { readonly helper: string | null; readonly l3num: number; readonly protonum: number }): Helper | undefined =>
  ct.helper === null ? undefined : (findHelper(ct.helper, ct.l3num, ct.protonum) ?? names.get(ct.helper));

const _helpers: readonly Helper[] = all;
