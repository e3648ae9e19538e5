import { describe, expect, it } from 'vitest';
import { definitionOf } from '../../../src/kernel/expr/check.ts';
import type { Expression } from '../../../src/kernel/expr/expression.ts';
import { NF, Regs, setPacketInfo, type Op, type OpEnvironment } from '../../../src/kernel/expr/machine.ts';
import { Prefilter } from '../../../src/kernel/expr/prefilter.ts';
import type { HookState } from '../../../src/kernel/net/hook-state.ts';
import { Skb } from '../../../src/kernel/net/skb.ts';

/** mulberry32: the same chains in every run. */
function random(seed: number): (below: number) => number {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
type Random = (below: number) => number;

/** Few values a byte, so that packets and rules meet; now and then a large one. */
const bytes = (r: Random, n: number): Uint8Array => Uint8Array.from({ length: n }, () => (r(12) === 0 ? 255 - r(3) : r(3)));
const pick = <T>(r: Random, list: readonly T[]): T => list[r(list.length)];

function randomTest(r: Random): Expression[] {
  const dreg = pick(r, [1, 2, 8]),
    kind = r(8);
  if (kind === 0)
    return [
      { kind: 'meta', key: 'l4proto', dreg },
      { kind: 'cmp', sreg: dreg, op: pick(r, ['eq', 'neq'] as const), data: Uint8Array.of(pick(r, [6, 17])) },
    ];
  if (kind === 1)
    return [
      { kind: 'meta', key: 'nfproto', dreg },
      { kind: 'cmp', sreg: dreg, op: 'eq', data: Uint8Array.of(pick(r, [2, 2, 2, 10])) },
    ];
  const len = pick(r, [1, 2, 2, 3, 4, 4, 4, 8, 16]),
    base = pick(r, ['network', 'network', 'transport'] as const);
  const offset = base === 'network' ? pick(r, [8, 12, 12, 16, 4]) : pick(r, [0, 2, 2, 6]);
  const out: Expression[] = [{ kind: 'payload', base, offset, len, dreg }];
  if (r(4) === 0)
    out.push({ kind: 'bitwise', sreg: dreg, dreg, len, op: 'mask_xor', mask: Uint8Array.from({ length: len }, () => pick(r, [255, 255, 1, 0])), xor: new Uint8Array(len) });
  const size = r(6) === 0 ? Math.max(1, len - 1) : r(12) === 0 ? 4 : len;
  out.push({ kind: 'cmp', sreg: dreg, op: pick(r, ['eq', 'eq', 'eq', 'neq', 'lt'] as const), data: bytes(r, size) });
  return out;
}

function randomPacket(r: Random): Skb {
  const data = bytes(r, 34 + r(24));
  data[14] = 0x45;
  data[20] = r(10) === 0 ? 1 : 0;
  data[21] = r(10) === 0 ? 1 : 0;
  data[23] = pick(r, [6, 17, 17]);
  const skb = new Skb(data);
  skb.mac = 0;
  skb.macLen = 14;
  skb.network = skb.head = 14;
  skb.protocol = 0x0800;
  return skb;
}

const env = {} as OpEnvironment;
const compile = (e: Expression): Op => (definitionOf(e.kind) as NonNullable<ReturnType<typeof definitionOf>>).compile(e, env);

describe('the prefilter', () => {
  const state = { pf: 'ip', hook: 'forward' } as HookState;
  it.each(Array.from({ length: 24 }, (_, i) => i))('passes over no rule that matches, and the candidates come in order (chain %i)', (seed) => {
    const r = random(seed),
      length = pick(r, [1, 5, 15, 16, 40, 300]),
      most = 1 + r(3);
    const rules = Array.from({ length }, () => ({ exprs: Array.from({ length: r(20) === 0 ? 0 : 1 + r(most) }, () => randomTest(r)).flat() }));
    const ops = rules.map((rule) => rule.exprs.map(compile)),
      filter = new Prefilter(rules);
    for (let n = 0; n < 150; n++) {
      const skb = randomPacket(r),
        regs = new Regs();
      setPacketInfo(regs, skb, 'ip');
      const matches = (rule: number): boolean => {
        regs.verdict = NF.CONTINUE;
        return ops[rule].every((op) => {
          op.run(regs, skb, state);
          return regs.verdict === NF.CONTINUE;
        });
      };
      const plain = rules.flatMap((_, i) => (matches(i) ? [i] : [])),
        found: number[] = [];
      let before = -1;
      for (let at = 0; (at = filter.next(at, regs, skb)) < length; at++) {
        expect(at).toBeGreaterThan(before);
        before = at;
        if (matches(at)) found.push(at);
      }
      expect(found).toEqual(plain);
    }
  });
});
