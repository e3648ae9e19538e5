import { flagHit } from '../../ebt-packet.ts';
import { defineExtension } from '../../definition.ts';
import { ne, not } from '../../ebt.ts';
import type { Flag } from '../../ebt.ts';
import { strtoul } from '../../number.ts';
import { paramProblem } from '../../text.ts';
import { ethertypes } from '../../../net/names/database.ts';

/** struct ebt_vlan_info */
type Info = { readonly id: Flag | null; readonly prio: Flag | null; readonly encap: Flag | null };

/** if_ether.h */
const ETH_ZLEN = 60;

export const match = defineExtension<Info & Record<string, never>>({
  kind: 'match',
  name: 'vlan',
  families: ['bridge'],
  revision: 0,
  options: [
    { name: 'vlan-id', type: 'uint16', max: 4094, invert: true },
    { name: 'vlan-prio', type: 'uint8', max: 7, invert: true },
    { name: 'vlan-encap', type: 'string', invert: true },
  ],
  help: () => `vlan options:
[!] --vlan-id id       : vlan-tagged frame identifier, 0,1-4096 (integer)
[!] --vlan-prio prio   : Priority-tagged frame's user priority, 0-7 (integer)
[!] --vlan-encap encap : Encapsulated frame protocol (hexadecimal or name)
`,
  init: () => ({ id: null, prio: null, encap: null }),
  parse(o, d) {
    if (o.name !== 'vlan-encap') {
      d[o.name === 'vlan-id' ? 'id' : 'prio'] = { value: o.value as number, inverted: o.inverted };
      return;
    }
    const text = o.raw ?? '';
    const read = strtoul(text, 16);
    const n = read.rest === '' ? Number(BigInt.asUintN(16, read.value)) : ethertypes().number(text);
    if (n === undefined) throw paramProblem(`Unknown --vlan-encap value ('${text}')`);
    if (n < ETH_ZLEN) throw paramProblem(`Invalid --vlan-encap range ('${text}')`);
    d['encap'] = { value: n, inverted: o.inverted };
  },
  finish: (d) => ({ ...d }) as unknown as Info & Record<string, never>,
  save: (i) =>
    (i.id ? `${not(i.id)} --vlan-id ${i.id.value}` : '') +
    (i.prio ? `${not(i.prio)} --vlan-prio ${i.prio.value}` : '') +
    (i.encap ? `${not(i.encap)} --vlan-encap ${i.encap.value.toString(16).toUpperCase().padStart(4, '0')}` : ''),
  print(i, c) {
    return this.save(i, c);
  },
  translate: (i) =>
    [
      i.id ? `vlan id ${ne(i.id)}${i.id.value}` : '',
      i.prio ? `vlan pcp ${ne(i.prio)}${i.prio.value}` : '',
      i.encap ? `vlan type ${ne(i.encap)}0x${i.encap.value.toString(16).padStart(4, '0')}` : '',
    ]
      .filter((w) => w)
      .join(' '),
  check: (_, c) => (c.proto === 0x8100 ? null : 'EINVAL'),
  /** A frame of a VLAN has no priority to look at: ebt_vlan_mt_check forgets it. */
  settle: (i) => (i.id && i.id.value !== 0 ? ({ ...i, prio: null } as typeof i) : i),
  /** ebt_vlan.c */
  match(i, skb) {
    const d = skb.data,
      n = skb.network,
      inline = skb.vlanTci < 0;
    if (inline && n + 4 > d.length) return false;
    const tci = inline ? (d[n] << 8) | d[n + 1] : skb.vlanTci,
      encap = inline ? (d[n + 2] << 8) | d[n + 3] : skb.protocol;
    return flagHit(i.id, tci & 0xfff) && flagHit(i.prio, tci >> 13) && flagHit(i.encap, encap);
  },
});
