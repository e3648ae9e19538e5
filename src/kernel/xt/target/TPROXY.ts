import { ntop } from '../address.ts';
import { defineExtension } from '../definition.ts';
import { hex } from '../number.ts';
import { fields, HOOK, isProto, misplaced, TCP, UDP } from './_common.ts';
import { services } from './_services.ts';

type Info = { readonly port: number; readonly address: Uint8Array; readonly mark: number; readonly mask: number };
type MarkMask = { readonly mark: number; readonly mask: number };

/** Where to, as nft says it. nft's own listing of the target never shows the address. */
function destination(i: Info, withAddress: boolean): string {
  if (!withAddress || i.address.every((b) => b === 0)) return `:${i.port}`;
  return `${i.address.length === 16 ? `[${ntop(i.address)}]` : ntop(i.address)}${i.port ? `:${i.port}` : ''}`;
}

/** extensions/libxt_TPROXY.c, net/netfilter/xt_TPROXY.c (revision 1) */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'TPROXY',
  families: ['ip', 'ip6'],
  revision: 1,
  options: [
    { name: 'on-port', type: 'port', mandatory: true },
    { name: 'on-ip', type: 'host' },
    { name: 'tproxy-mark', type: 'markmask32' },
  ],
  help: () => `TPROXY target options:
  --on-port port		    Redirect connection to port, or the original port if 0
  --on-ip ip			    Optionally redirect to the given IP
  --tproxy-mark value[/mask]	    Mark packets with the given value/mask

`,
  init: (family) => ({ port: 0, address: new Uint8Array(family === 'ip6' ? 16 : 4), mark: 0, mask: 0 }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    if (o.name === 'on-port') d.port = Number(o.value);
    else if (o.name === 'on-ip') d.address = o.value as Uint8Array;
    else {
      const v = o.value as MarkMask;
      d.mark = v.mark;
      d.mask = v.mask;
    }
  },
  finish: (d) => ({ ...fields<Info>(d) }),
  save: (i) => ` --on-port ${i.port} --on-ip ${ntop(i.address)} --tproxy-mark ${hex(i.mark)}/${hex(i.mask)}`,
  print: (i) => ` TPROXY redirect ${ntop(i.address)}:${i.port} mark ${hex(i.mark)}/${hex(i.mask)}`,
  translate(i, c) {
    const mark = i.mask === 0xffffffff ? ` meta mark set ${hex(i.mark)}` : i.mark || i.mask ? ` meta mark set meta mark & ${hex(~i.mask)} xor ${hex(i.mark)}` : '';
    return `tproxy to ${destination(i, c.forTranslate)}${mark} accept`;
  },
  check: (_, c) => misplaced({ table: 'mangle', hooks: HOOK.PRE }, c) ?? (isProto(c, TCP, UDP) ? null : 'EINVAL'),
  target(i, skb, state) {
    if (skb.fragOffset !== 0 || !services(state)?.tproxy(skb, state, i.address.some((b) => b !== 0) ? i.address : null, i.port || null)) return 'drop';
    skb.mark = ((skb.mark & ~i.mask) ^ i.mark) >>> 0;
    return 'accept';
  },
});
