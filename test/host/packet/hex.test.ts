import { describe, expect, test } from 'vitest';
import { looksLikeHex, readHex } from '../../../src/host/packet/hex.ts';

const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex');
const BYTES = '4500002800014000400636bbc0000201c000020a9c400016000003e8';

describe('hex dumps', () => {
  test.each([
    ['plain', BYTES],
    ['in groups', BYTES.replace(/(..)/g, '$1 ')],
    ['with colons', BYTES.replace(/(..)(?=.)/g, '$1:')],
    ['tcpdump -x', '\t0x0000:  4500 0028 0001 4000 4006 36bb c000 0201\n\t0x0010:  c000 020a 9c40 0016 0000 03e8\n'],
    ['tcpdump -X', '\t0x0000:  4500 0028 0001 4000 4006 36bb c000 0201  E..(..@.@.6.....\n\t0x0010:  c000 020a 9c40 0016 0000 03e8            .....@......\n'],
    ['xxd', '00000000: 4500 0028 0001 4000 4006 36bb c000 0201  E..(..@.@.6.....\n00000010: c000 020a 9c40 0016 0000 03e8            .....@......\n'],
    ['hexdump -C', '00000000  45 00 00 28 00 01 40 00  40 06 36 bb c0 00 02 01  |E..(..@.@.6.....|\n00000010  c0 00 02 0a 9c 40 00 16  00 00 03 e8              |.....@......|\n'],
    ['Wireshark', '0000   45 00 00 28 00 01 40 00 40 06 36 bb c0 00 02 01   E..(..@.@.6.....\n0010   c0 00 02 0a 9c 40 00 16 00 00 03 e8               .....@......\n'],
  ])('%s', (_, text) => {
    expect(looksLikeHex(text)).toBe(true);
    expect(hex(readHex(text))).toBe(BYTES);
  });
  test('a packet in words is none', () => {
    expect(looksLikeHex('ip saddr 1.2.3.4')).toBe(false);
    expect(looksLikeHex('tcp dport 22')).toBe(false);
  });
  test.each([
    ['45 0', 'hexadecimal digits come in pairs'],
    ['45 zz', 'hexadecimal digits are wanted'],
    ['0x0010:  4500', 'offset 16, but 0 bytes came before'],
    ['', 'no bytes'],
  ])('%j: %s', (text, message) => expect(() => readHex(text)).toThrow(message));
});
