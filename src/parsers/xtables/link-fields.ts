import type { XtFamily } from '../../kernel/xt/definition.ts';
import { macAndMask } from '../../kernel/xt/ebt.ts';
import { strtoul } from '../../kernel/xt/number.ts';
import { paramProblem } from '../../kernel/xt/text.ts';
import { ethertypes } from '../../kernel/net/names/database.ts';

/** Link layer fields of arptables and ebtables (xshared.c: arp_post_parse; libxtables: xtables_parse_mac_and_mask; ebtables-standard). */

export function macMask(text: string, option: string, family: XtFamily): { value: Uint8Array; mask: Uint8Array } {
  const m = macAndMask(text);
  if (m) return m;
  if (family === 'arp') throw paramProblem(`Problem with specified ${option === 'src-mac' ? 'source' : 'destination'} mac`);
  // Reading it cuts the mask off.
  throw paramProblem(`Problem with specified ${option} mac '${text.replace(/\/[^/]*$/, '')}'`);
}

export const ARP_OPCODES = ['Request', 'Reply', 'Request_Reverse', 'Reply_Reverse', 'DRARP_Request', 'DRARP_Reply', 'DRARP_Error', 'InARP_Request', 'ARP_NAK'];

type ArpFieldName = 'h-length' | 'opcode' | 'h-type' | 'proto-type';

/** What each field is called, the base of its numbers, its largest one, and its names. */
const ARP_FIELDS: Readonly<Record<ArpFieldName, { readonly words: string; readonly base: 0 | 10 | 16; readonly max: number; readonly named: (word: string) => number }>> = {
  'h-length': { words: 'hardware length', base: 10, max: 255, named: () => 0 },
  opcode: { words: 'opcode', base: 10, max: 65535, named: (word) => ARP_OPCODES.findIndex((o) => o.toLowerCase() === word) + 1 },
  'h-type': { words: 'hardware type', base: 16, max: 65535, named: (word) => (word === 'ethernet' ? 1 : 0) },
  'proto-type': { words: 'protocol type', base: 0, max: 65535, named: (word) => (word === 'ipv4' ? 0x800 : 0) },
};

/** xshared.c: arp_post_parse: `value[/mask]` in numbers, of which 32 bits are kept, else a name; names have no masks. A length that is neither is passed over. */
export function arpField(option: ArpFieldName, text: string): { value: number; mask: number } {
  const { words, base, max, named } = ARP_FIELDS[option];
  const slash = text.lastIndexOf('/');
  const [value, mask] = [slash < 0 ? text : text.slice(0, slash), slash < 0 ? String(max) : text.slice(slash + 1)].map((t, i) => {
    const read = strtoul(t, i && slash < 0 ? 10 : base);
    return { value: BigInt.asUintN(32, read.value), rest: read.rest };
  });
  if (value.rest === '' && mask.rest === '' && value.value <= max && mask.value <= max) {
    if (option === 'h-length' && value.value !== 6n) throw paramProblem('Only hardware address length of 6 is supported currently.');
    return { value: Number(value.value), mask: Number(mask.value) };
  }
  if (option === 'h-length') return { value: 6, mask: 255 };
  const number = named(text.toLowerCase());
  if (number === 0) throw paramProblem(`Problem with specified ${words}`);
  return { value: number, mask: max };
}

/** xtables-eb.c: -p, in small letters by then: a number in hex of at least 0x600, LENGTH, or a name of /etc/ethertypes. */
export function bridgeProto(text: string): { number: number; length: boolean } {
  const read = strtoul(text, 16);
  if (read.rest === '') {
    const n = Number(read.value);
    if (n > 0xffff) throw paramProblem(`Problem with the specified protocol`);
    if (n < 0x600) throw paramProblem('Sorry, protocols have values above or equal to 0x0600');
    return { number: n, length: false };
  }
  if (text.toLowerCase() === 'length') return { number: 0, length: true };
  const n = ethertypes().number(text);
  if (n === undefined) throw paramProblem(`Problem with the specified Ethernet protocol '${text}', perhaps /etc/ethertypes is missing`);
  return { number: n, length: false };
}
