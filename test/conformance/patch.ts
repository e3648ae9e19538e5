/** Bytes of an injected frame that are taken from what the router emitted earlier (a random port, say). */
export interface Patch {
  readonly at: number;
  readonly from: readonly [step: number, out: number, offset: number, length: number];
  readonly add?: number;
}

function onesSum(b: Buffer, from: number, to: number, start = 0): number {
  let sum = start;
  for (let i = from; i < to; i += 2) sum += (b[i] << 8) | (i + 1 < to ? b[i + 1] : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** Makes the IPv4 and transport checksums of an Ethernet frame right. */
function fixChecksums(b: Buffer): void {
  const six = b.readUInt16BE(12) === 0x86dd;
  if (!six && b.readUInt16BE(12) !== 0x0800) return;
  const l4 = six ? 54 : 14 + (b[14] & 15) * 4;
  const end = six ? 54 + b.readUInt16BE(18) : 14 + b.readUInt16BE(16);
  const proto = b[six ? 20 : 23];
  if (!six) {
    b.writeUInt16BE(0, 24);
    b.writeUInt16BE(onesSum(b, 14, l4) ^ 0xffff, 24);
  }
  const place = ({ 1: 2, 6: 16, 17: 6, 58: 2 } as Readonly<Record<number, number>>)[proto];
  if (place === undefined) return;
  b.writeUInt16BE(0, l4 + place);
  const pseudo = proto === 1 ? 0 : onesSum(b, six ? 22 : 26, six ? 54 : 34) + proto + end - l4;
  const sum = onesSum(b, l4, end, pseudo) ^ 0xffff;
  b.writeUInt16BE(sum === 0 && proto === 17 ? 0xffff : sum, l4 + place);
}

export function patchFrame(frame: string, patches: readonly Patch[], outs: readonly (readonly Uint8Array[])[]): Uint8Array {
  const b = Buffer.from(frame, 'hex');
  for (const {
    at,
    from: [step, out, offset, length],
    add,
  } of patches) {
    const source = outs[step]?.[out];
    if (!source) throw new Error(`nothing was emitted at step ${step} to answer`);
    b.writeUIntBE(Buffer.from(source).readUIntBE(offset, length) + (add ?? 0), at, length);
  }
  fixChecksums(b);
  return Uint8Array.from(b);
}
