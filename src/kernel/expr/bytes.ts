import type { Errno } from '../errno.ts';
import type { Regs } from './machine.ts';

/** nft_value_init: constants that an expression keeps are struct nft_data, 16 bytes. */
export const constantFits = (data: Uint8Array): Errno | null => (data.length === 0 ? 'EINVAL' : data.length > 16 ? 'EOVERFLOW' : null);

/** Values as the kernel stores them in registers: host order is little endian; the last word is padded with zeros. */
export function store32(regs: Regs, at: number, v: number): void {
  regs.words[at >> 2] = v | 0;
}
export function store8(regs: Regs, at: number, v: number): void {
  regs.words[at >> 2] = v & 255;
}
/** A host-order 16-bit value. */
export function store16(regs: Regs, at: number, v: number): void {
  regs.words[at >> 2] = v & 0xffff;
}
/** A network-order 16-bit value. */
export function storeBe16(regs: Regs, at: number, v: number): void {
  regs.words[at >> 2] = ((v >> 8) & 255) | ((v & 255) << 8);
}
export function store64(regs: Regs, at: number, v: bigint): void {
  regs.words[at >> 2] = Number(v & 0xffff_ffffn) | 0;
  regs.words[(at >> 2) + 1] = Number((v >> 32n) & 0xffff_ffffn) | 0;
}
export function storeBytes(regs: Regs, at: number, b: Uint8Array, len = b.length): void {
  regs.bytes.fill(0, at, at + ((len + 3) & ~3));
  regs.bytes.set(b.length > len ? b.subarray(0, len) : b, at);
}
/** strncpy into an interface name of 16 bytes. */
export function storeName(regs: Regs, at: number, name: string, len = 16): void {
  regs.bytes.fill(0, at, at + len);
  for (let i = 0; i < name.length && i < len - 1; i++) regs.bytes[at + i] = name.charCodeAt(i);
}
export const load16 = (regs: Regs, at: number): number => regs.words[at >> 2] & 0xffff;
const _loadBe16 = (regs: Regs, at: number): number => (regs.bytes[at] << 8) | regs.bytes[at + 1];
