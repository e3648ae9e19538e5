import { maskLength, ntop } from '../address.ts';
import { defineExtension } from '../definition.ts';
import { destination, source } from '../packet.ts';
import { fields, HOOK, misplaced } from './_common.ts';
import { RANGE } from './_nat.ts';
import { services, verdict } from './_services.ts';

type Info = { readonly min: Uint8Array; readonly max: Uint8Array };
type HostMask = { readonly address: Uint8Array; readonly mask: Uint8Array };

function words({ min, max }: Info): string {
  const mask = min.map((b, i) => ~(b ^ max[i]) & 255);
  const bits = maskLength(mask);
  return `${ntop(min)}/${bits < 0 ? ntop(mask) : bits}`;
}

/** extensions/libipt_NETMAP.c, libip6t_NETMAP.c, net/netfilter/xt_NETMAP.c */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'NETMAP',
  families: ['ip', 'ip6'],
  revision: 0,
  options: [{ name: 'to', type: 'hostmask', mandatory: true }],
  help: () => `NETMAP target options:
  --to address[/mask]
				Network address to map to.

`,
  init: (family) => {
    const zero = new Uint8Array(family === 'ip6' ? 16 : 4);
    return { min: zero, max: zero };
  },
  parse(o, d) {
    const { address, mask } = o.value as HostMask;
    fields<Info>(d).min = address.map((b, i) => b & mask[i]);
    fields<Info>(d).max = address.map((b, i) => (b & mask[i]) | (~mask[i] & 255));
  },
  finish: (d) => ({ ...fields<Info>(d) }),
  save: (i) => ` --to ${words(i)}`,
  print: (i) => ` to:${words(i)}`,
  check: (_, c) => misplaced({ table: 'nat', hooks: HOOK.PRE | HOOK.POST | HOOK.OUT | HOOK.IN }, c),
  target(i, skb, state) {
    // xt_NETMAP.c: netmap_tg4: the host part of the packet's own address is kept.
    const toSource = state.hook === 'postrouting' || state.hook === 'input';
    const own = toSource ? source(skb) : destination(skb);
    const address = own.map((b, n) => {
      const host = i.min[n] ^ i.max[n];
      return (b & host) | (i.min[n] & ~host & 255);
    });
    return verdict(services(state)?.nat(skb, state, { flags: RANGE.MAP_IPS, min: address, max: address, minPort: 0, maxPort: 0, basePort: 0 }, toSource ? 'src' : 'dst'));
  },
});
