import { flagHit } from '../../ebt-packet.ts';
import { defineExtension } from '../../definition.ts';
import { not } from '../../ebt.ts';
import type { Flag } from '../../ebt.ts';

/** struct ebt_802_3_info */
type Info = { readonly sap: Flag | null; readonly type: Flag | null };
const hex = (n: number, w: number): string => `0x${n.toString(16).padStart(w, '0')}`;

export const match = defineExtension<Info & Record<string, never>>({
  kind: 'match',
  name: '802_3',
  families: ['bridge'],
  revision: 0,
  options: [
    { name: '802_3-sap', type: 'uint8', base: 16, invert: true },
    { name: '802_3-type', type: 'uint16', base: 16, invert: true },
  ],
  help: () => `802_3 options:
[!] --802_3-sap protocol       : 802.3 DSAP/SSAP- 1 byte value (hex)
  DSAP and SSAP are always the same.  One SAP applies to both fields
[!] --802_3-type protocol      : 802.3 SNAP Type- 2 byte value (hex)
  Type implies SAP value 0xaa
`,
  init: () => ({ sap: null, type: null }),
  parse(o, d) {
    d[o.name === '802_3-sap' ? 'sap' : 'type'] = { value: o.value as number, inverted: o.inverted };
  },
  finish: (d) => ({ ...d }) as unknown as Info & Record<string, never>,
  etherType: { number: 0, message: 'For 802.3 DSAP/SSAP filtering the protocol must be LENGTH' },
  save: (i) => (i.sap ? `${not(i.sap)} --802_3-sap ${hex(i.sap.value, 2)}` : '') + (i.type ? `${not(i.type)} --802_3-type ${hex(i.type.value, 4)}` : ''),
  print(i, c) {
    return this.save(i, c);
  },
  /** ebt_802_3.c */
  match(i, skb) {
    const d = skb.data,
      at = skb.mac + 14;
    if (skb.mac < 0 || at + 3 > d.length) return false;
    if (!flagHit(i.sap, d[at + 1]) || !flagHit(i.sap, d[at])) return false;
    if (!i.type) return true;
    // IS_UI: one byte of control, else two
    const type = at + 6 + (d[at + 2] & 0xc0 ? 0 : 1);
    return d[at] === 0xaa && d[at + 1] === 0xaa && flagHit(i.type, (d[type] << 8) | d[type + 1]);
  },
});
