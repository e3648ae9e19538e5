import type { XtFamily } from '../../kernel/xt/definition.ts';
import { macAndMask } from '../../kernel/xt/ebt.ts';
import { wholeUint } from '../../kernel/xt/number.ts';
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

/** xshared.c: arp_post_parse and its parse_* helpers. */
export function arpField(option: 'h-length' | 'opcode' | 'h-type' | 'proto-type', text: string): { value: number; mask: number } {
  const slash = text.indexOf('/');
  const head = slash < 0 ? text : text.slice(0, slash);
  const tail = slash < 0 ? null : text.slice(slash + 1);
  const number = (t: string, max: number): number | null => wholeUint(t, 0, max);
  const bad = (): Error =>
    paramProblem(
      option === 'h-length'
        ? 'Problem with specified hardware length'
        : option === 'opcode'
          ? 'Problem with specified opcode'
          : option === 'h-type'
            ? 'Problem with specified hardware type'
            : 'Problem with specified protocol type',
    );
  const max = option === 'h-length' ? 255 : 65535;
  const base16 = option === 'h-type';
  const read = (t: string): number | null => {
    if (base16 && /^(0x)?[0-9a-f]+$/i.test(t)) {
      const n = Number.parseInt(t, 16);
      return n <= max ? n : null;
    }
    return number(t, max);
  };
  let value = read(head);
  if (value === null) {
    const lower = head.toLowerCase();
    if (option === 'opcode') {
      const i = ARP_OPCODES.findIndex((o) => o.toLowerCase() === lower);
      value = i < 0 ? null : i + 1;
    } else if (option === 'h-type') value = lower === 'ethernet' ? 1 : null;
    else if (option === 'proto-type') value = lower === 'ipv4' ? 0x800 : null;
  }
  const mask = tail === null ? max : read(tail);
  // A length that is none is passed over.
  if (option === 'h-length' && (value === null || mask === null)) return { value: 6, mask: 255 };
  if (value === null || mask === null) throw bad();
  if (option === 'h-length' && value !== 6) throw paramProblem('Only hardware address length of 6 is supported currently.');
  return { value, mask };
}

/** xtables-eb.c: -p, in small letters by then: a number in hex of at least 0x600, LENGTH, or a name of /etc/ethertypes. */
export function bridgeProto(text: string): { number: number; length: boolean } {
  const m = /^\s*([-+]?)(0x)?([0-9a-f]*)$/i.exec(text);
  if (m && (m[3] !== '' || text === '')) {
    const n = Number.parseInt(m[3] || '0', 16);
    if (n > 0xffff || m[1] === '-') throw paramProblem(`Problem with the specified protocol`);
    if (n < 0x600) throw paramProblem('Sorry, protocols have values above or equal to 0x0600');
    return { number: n, length: false };
  }
  if (text.toLowerCase() === 'length') return { number: 0, length: true };
  const n = ethertypes().number(text);
  if (n === undefined) throw paramProblem(`Problem with the specified Ethernet protocol '${text}', perhaps /etc/ethertypes is missing`);
  return { number: n, length: false };
}
