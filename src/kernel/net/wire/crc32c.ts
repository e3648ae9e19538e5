let crcTable: Uint32Array | null = null;
/** CRC-32c */
function crc32c(b: Uint8Array, from: number, to: number): number {
  if (!crcTable) {
    crcTable = new Uint32Array(256);
    for (let i = 0; i < 256; i++) {
      let c = i;
      for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
      crcTable[i] = c >>> 0;
    }
  }
  let crc = 0xffffffff;
  for (let i = from; i < to; i++) crc = (crc >>> 8) ^ crcTable[(crc ^ b[i]) & 255];
  return ~crc >>> 0;
}

/** sctp_compute_cksum: over the packet with its checksum field taken as 0; stored little endian. */
export function sctpChecksum(b: Uint8Array, at: number): Uint8Array {
  const copy = b.slice(at);
  copy.fill(0, 8, 12);
  const crc = crc32c(copy, 0, copy.length);
  return Uint8Array.of(crc & 255, (crc >>> 8) & 255, (crc >>> 16) & 255, crc >>> 24);
}
