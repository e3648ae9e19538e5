import { ebtVerdict } from '../../ebt-packet.ts';
import { macText, strtoulMac } from '../../address.ts';
import { defineExtension } from '../../definition.ts';
import { onlyProto, verdictOf } from '../../ebt.ts';
import { paramProblem } from '../../text.ts';

/** struct ebt_arpreply_info */
type Info = { readonly mac: Uint8Array; readonly verdict: string };

export const target = defineExtension<Info>({
  kind: 'target',
  name: 'arpreply',
  families: ['bridge'],
  revision: 0,
  options: [
    { name: 'arpreply-mac', type: 'string' },
    { name: 'arpreply-target', type: 'string' },
  ],
  help: () => `arpreply target options:
 --arpreply-mac address           : source MAC of generated reply
 --arpreply-target target         : ACCEPT, DROP, RETURN or CONTINUE
                                    (standard target is DROP)
`,
  init: () => ({ mac: new Uint8Array(6), verdict: 'DROP' }),
  parse(o, d) {
    if (o.name === 'arpreply-target') {
      d['verdict'] = verdictOf(o.raw ?? '', 'arpreply-target');
      return;
    }
    const mac = strtoulMac(o.raw ?? '');
    if (!mac) throw paramProblem('Invalid MAC address specified.');
    d['mac'] = mac;
  },
  finish: (d) => ({ ...d }) as unknown as Info,
  save: (i) => ` --arpreply-mac ${macText(i.mac)}${i.verdict === 'DROP' ? '' : ` --arpreply-target ${i.verdict}`}`,
  print(i, c) {
    return this.save(i, c);
  },
  check: (_, c) => (c.table === 'nat' && !(c.hookMask & ~1) ? onlyProto(c, 0x806) : 'EINVAL'),
  /** ebt_arpreply.c */
  target(i, skb, state) {
    const d = skb.data,
      n = skb.network;
    if (n + 28 > d.length) return 'drop';
    if (![8, 0, 6, 4, 0, 1].every((b, k) => d[n + 2 + k] === b) || !state.in) return 'continue';
    const sha = d.slice(n + 8, n + 14);
    state.net.stack.arp.send(2, state.in, sha, d.slice(n + 24, n + 28), i.mac, d.slice(n + 14, n + 18), sha);
    return ebtVerdict(i.verdict);
  },
});
