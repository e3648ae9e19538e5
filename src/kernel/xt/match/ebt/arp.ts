import { addressHit, flagHit } from '../../ebt-packet.ts';
import { macText, maskText, ntop } from '../../address.ts';
import { defineExtension } from '../../definition.ts';
import { macAndMask, hostOf, not, onlyProto } from '../../ebt.ts';
import type { Address, Flag } from '../../ebt.ts';
import { strtoul } from '../../number.ts';
import { paramProblem } from '../../text.ts';
import { ethertypes } from '../../../net/names/database.ts';

/** struct ebt_arp_info */
type Info = {
  readonly op: Flag | null;
  readonly htype: Flag | null;
  readonly ptype: Flag | null;
  readonly src: Address | null;
  readonly dst: Address | null;
  readonly srcMac: Address | null;
  readonly dstMac: Address | null;
  readonly gratuitous: Flag | null;
};

const OPCODES = ['Request', 'Reply', 'Request_Reverse', 'Reply_Reverse', 'DRARP_Request', 'DRARP_Reply', 'DRARP_Error', 'InARP_Request', 'ARP_NAK'];
const alias = (names: readonly string[], type: 'string' | 'hostmask' | 'none') =>
  names.map((name) => ({ name, id: names[0], type, invert: true, ...(names[0].startsWith('arp-mac') ? { cutAt: '/' } : {}), ...(type === 'none' ? { code: 7 } : {}) }));

/** strtol(3) of all of the text, 0 for none at all; null: no number of 16 bits. */
function number16(text: string, base: 10 | 16): number | null {
  const n = strtoul(text, base);
  return n.rest === '' && n.value <= 65535n ? Number(n.value) : null;
}

function mac(text: string, inverted: boolean): Address {
  const m = macAndMask(text);
  if (!m) throw paramProblem('Invalid MAC/mask address specified.');
  return { ...m, inverted };
}

export const match = defineExtension<Info & Record<string, never>>({
  kind: 'match',
  name: 'arp',
  families: ['bridge'],
  revision: 0,
  options: [
    ...alias(['arp-opcode', 'arp-op'], 'string'),
    ...alias(['arp-htype'], 'string'),
    ...alias(['arp-ptype'], 'string'),
    ...alias(['arp-ip-src'], 'hostmask'),
    ...alias(['arp-ip-dst'], 'hostmask'),
    ...alias(['arp-mac-src'], 'string'),
    ...alias(['arp-mac-dst'], 'string'),
    ...alias(['arp-gratuitous'], 'none'),
  ],
  help: () => `arp options:
[!] --arp-opcode  opcode        : ARP opcode (integer or string)
[!] --arp-htype   type          : ARP hardware type (integer or string)
[!] --arp-ptype   type          : ARP protocol type (hexadecimal or string)
[!] --arp-ip-src  address[/mask]: ARP IP source specification
[!] --arp-ip-dst  address[/mask]: ARP IP target specification
[!] --arp-mac-src address[/mask]: ARP MAC source specification
[!] --arp-mac-dst address[/mask]: ARP MAC target specification
[!] --arp-gratuitous            : ARP gratuitous packet
 opcode strings: 
${OPCODES.map((o, i) => ` ${i + 1} = ${o}\n`).join('')} hardware type string: 1 = Ethernet
 protocol type string: see /etc/ethertypes
`,
  init: () => ({ op: null, htype: null, ptype: null, src: null, dst: null, srcMac: null, dstMac: null, gratuitous: null }),
  parse(o, d) {
    const text = o.raw ?? '';
    switch (o.option.id) {
      case 'arp-opcode': {
        const i = OPCODES.findIndex((x) => x.toLowerCase() === text.toLowerCase());
        const n = number16(text, 10) ?? (i < 0 ? null : i + 1);
        if (n === null) throw paramProblem(`Problem with specified ARP opcode`);
        d['op'] = { value: n, inverted: o.inverted };
        return;
      }
      case 'arp-htype': {
        const n = number16(text, 10) ?? (text.toLowerCase() === 'ethernet' ? 1 : null);
        if (n === null) throw paramProblem('Problem with specified ARP hardware type');
        d['htype'] = { value: n, inverted: o.inverted };
        return;
      }
      case 'arp-ptype': {
        const n = number16(text, 16) ?? ethertypes().number(text);
        if (n === undefined) throw paramProblem('Problem with specified ARP protocol type');
        d['ptype'] = { value: n, inverted: o.inverted };
        return;
      }
      case 'arp-ip-src':
        d['src'] = hostOf(o);
        return;
      case 'arp-ip-dst':
        d['dst'] = hostOf(o);
        return;
      case 'arp-mac-src':
        d['srcMac'] = mac(text, o.inverted);
        return;
      case 'arp-mac-dst':
        d['dstMac'] = mac(text, o.inverted);
        return;
      default:
        d['gratuitous'] = { value: 1, inverted: o.inverted };
    }
  },
  finish: (d) => ({ ...d }) as unknown as Info & Record<string, never>,
  save(i) {
    const ip = (name: string, a: Address | null): string => (a ? `${not(a)} --${name} ${ntop(a.value)}${maskText(a.mask)}` : '');
    const hw = (name: string, a: Address | null): string => (a ? `${not(a)} --${name} ${macText(a.value)}${a.mask.every((b) => b === 255) ? '' : `/${macText(a.mask)}`}` : '');
    return (
      (i.op ? `${not(i.op)} --arp-op ${OPCODES[i.op.value - 1] ?? i.op.value}` : '') +
      (i.htype ? `${not(i.htype)} --arp-htype ${i.htype.value}` : '') +
      (i.ptype ? `${not(i.ptype)} --arp-ptype 0x${i.ptype.value.toString(16)}` : '') +
      ip('arp-ip-src', i.src) +
      ip('arp-ip-dst', i.dst) +
      hw('arp-mac-src', i.srcMac) +
      hw('arp-mac-dst', i.dstMac) +
      (i.gratuitous ? `${not(i.gratuitous)} --arp-gratuitous` : '')
    );
  },
  print(i, c) {
    return this.save(i, c);
  },
  check: (_, c) => onlyProto(c, 0x806, 0x8035),
  /** ebt_arp.c */
  match(i, skb) {
    const d = skb.data,
      n = skb.network;
    if (n + 8 > d.length) return false;
    const hln = d[n + 4],
      word = (at: number): number => (d[n + at] << 8) | d[n + at + 1];
    if (!flagHit(i.op, word(6)) || !flagHit(i.htype, word(0)) || !flagHit(i.ptype, word(2))) return false;
    if (i.src || i.dst || i.gratuitous) {
      const sip = d.subarray(n + 8 + hln, n + 12 + hln),
        dip = d.subarray(n + 12 + 2 * hln, n + 16 + 2 * hln);
      if (d[n + 5] !== 4 || word(2) !== 0x800 || dip.length < 4) return false;
      if (!addressHit(i.src, sip) || !addressHit(i.dst, dip)) return false;
      if (i.gratuitous && sip.every((b, k) => b === dip[k]) === i.gratuitous.inverted) return false;
    }
    if (!i.srcMac && !i.dstMac) return true;
    if (hln !== 6 || word(0) !== 1 || n + 18 + d[n + 5] + 6 > d.length) return false;
    return addressHit(i.srcMac, d.subarray(n + 8, n + 14)) && addressHit(i.dstMac, d.subarray(n + 14 + d[n + 5], n + 20 + d[n + 5]));
  },
});
