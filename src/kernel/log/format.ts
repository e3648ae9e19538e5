import { u16 } from '../net/wire/bytes.ts';

export const hex = (v: number, digits: number): string => v.toString(16).padStart(digits, '0');
export const upper = (b: Uint8Array): string => Array.from(b, (x) => hex(x, 2).toUpperCase()).join('');
/** %pM */
export const mac = (b: Uint8Array, o: number): string => Array.from(b.subarray(o, o + 6), (x) => hex(x, 2)).join(':');
/** %pI4 */
export const ip4Text = (b: Uint8Array, o: number): string => b.subarray(o, o + 4).join('.');
/** %pI6 */
export const ip6Text = (b: Uint8Array, o: number): string => Array.from({ length: 8 }, (_, i) => hex(u16(b, o + 2 * i), 4)).join(':');
