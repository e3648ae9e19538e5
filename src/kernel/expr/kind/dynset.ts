import type { ElementStore } from '../../nf_tables/elements.ts';
import type { SetElement } from '../../nf_tables/objects.ts';
import { defineExpression } from '../definition.ts';
import { trackable } from './ct.ts';
import { runElement } from '../element-ops.ts';
import { sameOps } from '../stateful.ts';
import { byteOf, NF, type Op } from '../machine.ts';

const DEFAULT_SIZE = 65535;

/** net/netfilter/nft_dynset.c */
export const definition = defineExpression({
  kind: 'dynset',
  check(e, ctx) {
    const set = ctx.set(e.set);
    if (!set) return 'ENOENT';
    if (set.flags.object) return 'EOPNOTSUPP';
    if (set.flags.interval || set.fixed) return 'EOPNOTSUPP';
    if (set.flags.constant) return 'EBUSY';
    if (e.timeout > 0n && !set.flags.timeout) return 'EOPNOTSUPP';
    if (set.flags.map ? e.sregData === undefined && e.op !== 'delete' : e.sregData !== undefined) return 'EINVAL';
    if (set.flags.map && set.dataLen === 0) return 'EOPNOTSUPP';
    if (e.exprs.length && !set.flags.eval) return 'EINVAL';
    // NFT_EXPR_GC: closed connections are collected only where elements do not time out
    if (e.exprs.some((x) => x.kind === 'connlimit')) {
      if (!trackable(ctx.family)) return 'EPROTO';
      if (set.flags.timeout) return 'EOPNOTSUPP';
    }
    if (!e.exprs.length || !set.exprs.length) return null;
    if (e.exprs.some((x, i) => i < set.exprs.length && !sameOps(x, set.exprs[i]))) return 'EOPNOTSUPP';
    return e.exprs.length > set.exprs.length ? 'EINVAL' : e.exprs.length < set.exprs.length ? 'EOPNOTSUPP' : null;
  },
  registers(e, use, ctx) {
    const set = ctx.set(e.set);
    use.load(e.sregKey, set?.keyLen ?? 0);
    use.load(e.sregData, set?.dataLen ?? 0);
  },
  compile(e, env): Op {
    const set = env.set(e.set),
      store = set?.elements as ElementStore;
    const key = byteOf(e.sregKey),
      data = byteOf(e.sregData ?? 0);
    const { clock } = env.nft.net;
    const exprs = e.exprs.length ? e.exprs : (set?.exprs ?? []);
    return {
      run(regs, skb, state) {
        if (!set) {
          regs.verdict = NF.BREAK;
          return;
        }
        const now = env.set(e.set) ?? set,
          bytes = regs.bytes.slice(key, key + set.keyLen);
        let found = store.find(bytes, undefined, { intervalEnd: false, catchall: false });
        if (e.op === 'delete') {
          if (found) store.remove(found);
          else regs.verdict = NF.BREAK;
          return;
        }
        const timeout = e.timeout || now.timeout;
        if (!found) {
          const limit = now.size || DEFAULT_SIZE;
          if (store.count >= limit) {
            regs.verdict = NF.BREAK;
            return;
          }
          found = make(bytes);
          store.restore(found);
        } else if (e.op === 'update' && set.flags.timeout && timeout > 0n) {
          found = { ...found, ...(e.timeout > 0n && { timeout: e.timeout }), expiresAt: clock.now() + Number(timeout) };
          store.restore(found);
        }
        if (found.exprs.length) runElement(env.nft, found, regs, skb, state);
        if (e.inv && regs.verdict === NF.CONTINUE) regs.verdict = NF.BREAK;
        function make(k: Uint8Array): SetElement {
          return {
            key: k,
            flags: { intervalEnd: false, catchall: false },
            exprs,
            id: env.nft.nextId(),
            ...(e.sregData !== undefined && { data: { value: regs.bytes.slice(data, data + now.dataLen) } }),
            ...(e.timeout > 0n && { timeout: e.timeout }),
            ...(timeout > 0n && { expiresAt: clock.now() + Number(timeout) }),
          };
        }
      },
    };
  },
});
