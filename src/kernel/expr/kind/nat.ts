import { defineExpression } from '../definition.ts';
import { natHooksOnly } from '../hooks.ts';
import { NF, type Op } from '../machine.ts';
import { RANGE, range } from '../nat-range.ts';

/** net/netfilter/nft_nat.c */
export const definition = defineExpression({
  kind: 'nat',
  check(e, ctx) {
    // NFPROTO_INET: ports only
    if (e.family === 1 && e.sregAddrMin === undefined && ctx.family === 'inet') return null;
    if (e.family !== 2 && e.family !== 10) return 'EAFNOSUPPORT';
    return (ctx.family === 'ip' && e.family !== 2) || (ctx.family === 'ip6' && e.family !== 10) ? 'EOPNOTSUPP' : null;
  },
  validate: (e, ctx) => natHooksOnly(ctx, e.type === 'snat' ? ['postrouting', 'input'] : ['prerouting', 'output']),
  registers(e, use) {
    const len = e.family === 10 ? 16 : 4;
    use.load(e.sregAddrMin, len);
    use.load(e.sregAddrMax, len);
    use.load(e.sregProtoMin, 2);
    use.load(e.sregProtoMax, 2);
  },
  compile(e, env): Op {
    const len = e.family === 10 ? 16 : 4,
      netmap = (e.flags & RANGE.NETMAP) !== 0;
    return {
      run(regs, skb, state) {
        // nft_nat_inet_eval
        if (e.family !== 1 && (state.pf === 'ip6') !== (e.family === 10)) return;
        let r = range(regs, e, len);
        if (netmap && r.min.length) r = netmapped(r);
        regs.verdict = env.nft.services?.nat(skb, state, r, e.type === 'snat' ? 'src' : 'dst') ?? NF.ACCEPT;

        /** nft_nat_setup_netmap: the host part of the packet's own address is kept. */
        function netmapped(plain: typeof r): typeof r {
          const at = skb.network + (len === 4 ? (e.type === 'snat' ? 12 : 16) : e.type === 'snat' ? 8 : 24);
          const own = skb.data.subarray(at, at + len);
          const fresh = plain.min.map((x, i) => {
            const mask = ~(plain.min[i] ^ plain.max[i]) & 255;
            return (x & mask) | (own[i] & ~mask & 255);
          });
          return { ...plain, min: fresh, max: fresh };
        }
      },
    };
  },
});
