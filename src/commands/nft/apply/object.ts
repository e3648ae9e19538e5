import type { ObjectValue } from '../../../kernel/nf_tables/objects.ts';
import { NFPROTO, type Family } from '../../../kernel/net/hook.ts';
import type { ObjDecl } from '../../../parsers/nft/ast.ts';
import { TIMEOUTS } from '../list/object.ts';

const big = (v: unknown): bigint => (typeof v === 'bigint' ? v : typeof v === 'number' ? BigInt(v) : 0n);
const num = (v: unknown): number => Number(big(v));

/** mnl_nft_obj_add: what the declaration says in the kernel's terms. */
export function objectValue(decl: ObjDecl, family: Family): ObjectValue {
  const v = decl.value,
    l3 = typeof v.l3proto === 'string' ? NFPROTO[v.l3proto as Family] : typeof v.l3proto === 'number' ? v.l3proto : NFPROTO[family];
  switch (decl.type) {
    case 'counter':
      return { kind: 'counter', packets: big(v.packets), bytes: big(v.bytes) };
    case 'quota':
      return { kind: 'quota', bytes: big(v.bytes), consumed: big(v.consumed ?? v.used), inv: v.inv === true };
    case 'limit':
      return { kind: 'limit', type: v.type === 'bytes' ? 'pkt-bytes' : 'pkts', rate: big(v.rate), unit: big(v.unit), burst: num(v.burst), inv: v.inv === true };
    case 'ct helper':
      return { kind: 'ct helper', helper: String(v.helper ?? ''), l3proto: l3, l4proto: num(v.l4proto) };
    case 'ct timeout':
      return { kind: 'ct timeout', l3proto: l3, l4proto: num(v.l4proto), policy: Array.isArray(v.timeouts) ? (v.timeouts as number[]) : policy(num(v.l4proto), v.policy) };
    case 'ct expectation':
      return { kind: 'ct expectation', l3proto: l3, l4proto: num(v.l4proto), dport: num(v.dport), timeout: num(v.timeout), size: num(v.size) };
    case 'secmark':
      return { kind: 'secmark', context: String(v.context ?? '') };
    case 'synproxy':
      return { kind: 'synproxy', mss: num(v.mss), wscale: num(v.wscale), flags: num(v.flags) };
    default:
      throw new Error(`no object ${decl.type}`);
  }
}

/** Seconds of each state; what is not said keeps its default. */
function policy(l4proto: number, said: unknown): number[] {
  const states = TIMEOUTS[l4proto] ?? [],
    out = states.map(([, s]) => s);
  if (Array.isArray(said)) {
    for (const p of said as { state: string; value: bigint | number }[]) {
      const at = states.findIndex(([name]) => name === p.state.toLowerCase());
      if (at >= 0) out[at] = num(p.value);
    }
  }
  return out;
}
