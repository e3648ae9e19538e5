import type { Register } from './expression.ts';
import { byteOf, type Regs } from './machine.ts';
import type { NatRange } from './services.ts';

/** NF_NAT_RANGE_* */
export const RANGE = { MAP_IPS: 1, PROTO_SPECIFIED: 2, PROTO_RANDOM: 4, PERSISTENT: 8, PROTO_RANDOM_FULLY: 16, PROTO_OFFSET: 32, NETMAP: 64 } as const;

const NONE = new Uint8Array(0);

/** nft_nat_setup_addr, nft_nat_setup_proto: ports stand in registers in network order. */
export function range(
  regs: Regs,
  e: { readonly flags: number; readonly sregAddrMin?: Register; readonly sregAddrMax?: Register; readonly sregProtoMin?: Register; readonly sregProtoMax?: Register },
  len: number,
): NatRange {
  const address = (r: Register): Uint8Array => regs.bytes.slice(byteOf(r), byteOf(r) + len);
  const port = (r: Register): number => {
    const at = byteOf(r);
    return (regs.bytes[at] << 8) | regs.bytes[at + 1];
  };
  const min = e.sregAddrMin === undefined ? NONE : address(e.sregAddrMin);
  const max = e.sregAddrMax === undefined ? min : address(e.sregAddrMax);
  const minPort = e.sregProtoMin === undefined ? 0 : port(e.sregProtoMin);
  const flags = e.flags | (min.length ? RANGE.MAP_IPS : 0) | (e.sregProtoMin === undefined ? 0 : RANGE.PROTO_SPECIFIED);
  return { flags, min, max, minPort, maxPort: e.sregProtoMax === undefined ? minPort : port(e.sregProtoMax), basePort: 0 };
}
