import { PacketError } from '../../parsers/packet/index.ts';

const DIGITS = /^[0-9a-fA-F]+$/;

/** Does a text look like a hex dump and not like a packet in words? */
export function looksLikeHex(text: string): boolean {
  const lines = text.split('\n').filter((l) => l.trim() !== '');
  return lines.length > 0 && lines.every((l) => /^\s*(0x)?[0-9a-fA-F]{2,}(:[0-9a-fA-F]{2})*(:?\s|$)/.test(l)) && lines.every((l) => !/^\s*[a-z]+\s+[a-z]{3,}/.test(l));
}

/**
 * Bytes of a hex dump: plain digits in any grouping, `0x0000:  4500 003c …  E..<` (tcpdump -x and -X), `00000000: 4500 …`
 * (xxd), `0000   45 00 …   E.` (Wireshark, hexdump -C). Offsets are checked. Throws PacketError.
 */
export function readHex(text: string): Uint8Array {
  const out: number[] = [];
  let start = 0;
  for (const line of text.split('\n')) {
    lineBytes(line, start, text, out);
    start += line.length + 1;
  }
  if (out.length === 0) throw new PacketError('no bytes', text, { start: 0, end: text.length });
  return Uint8Array.from(out);
}

function lineBytes(line: string, start: number, text: string, out: number[]): void {
  if (/^\s*(#|$)/.test(line)) return;
  const fail = (message: string, at: number, length: number): PacketError => new PacketError(message, text, { start: start + at, end: start + at + length });
  const offset = /^(\s*)(?:0x([0-9a-fA-F]{4,}):|([0-9a-fA-F]{4,}):|([0-9a-fA-F]{4}|[0-9a-fA-F]{8})(?=\s{2,}))/.exec(line);
  const at = offset?.[0].length ?? 0;
  if (offset) {
    const said = Number.parseInt(offset[2] ?? offset[3] ?? offset[4], 16);
    if (said !== out.length) throw fail(`offset ${said}, but ${out.length} bytes came before`, offset[1].length, at - offset[1].length);
  }
  // Dumps with offsets show the bytes as text at the end of the line, after two blanks.
  let taken = 0;
  for (const m of line.slice(at).matchAll(/(\s*)(\S+)/g)) {
    const place = at + m.index + m[1].length;
    if (offset && taken > 0 && m[1].length >= 2 && (taken === 16 || !DIGITS.test(m[2]) || taken % 8 !== 0)) return;
    const digits = m[2].replace(/^0x/i, '').replaceAll(':', '');
    if (!DIGITS.test(digits)) {
      if (offset && taken > 0) return;
      throw fail('hexadecimal digits are wanted', place, m[2].length);
    }
    if (digits.length % 2) throw fail('hexadecimal digits come in pairs', place, m[2].length);
    for (let i = 0; i < digits.length; i += 2) out.push(Number.parseInt(digits.slice(i, i + 2), 16));
    taken += digits.length / 2;
  }
}
