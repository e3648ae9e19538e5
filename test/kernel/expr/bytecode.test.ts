import { describe, expect, it } from 'vitest';
import { definitionOf } from '../../../src/kernel/expr/check.ts';
import { Dispatch } from '../../../src/kernel/expr/dispatch.ts';
import type { Expression } from '../../../src/kernel/expr/expression.ts';
import { NF, Regs, setPacketInfo, type Op, type OpEnvironment } from '../../../src/kernel/expr/machine.ts';
import { testsOf } from '../../../src/kernel/expr/rule-program.ts';
import type { HookState } from '../../../src/kernel/net/hook-state.ts';
import { Skb } from '../../../src/kernel/net/skb.ts';
import type { NetDevice } from '../../../src/kernel/stack/device.ts';
import { pick, type Random, random } from './random.ts';

/** Few values a byte, so that packets and rules meet; now and then a large one. */
const bytes = (r: Random, n: number, values: number): Uint8Array => Uint8Array.from({ length: n }, () => (r(12) === 0 ? 255 - r(3) : r(values)));
const OPS = ['eq', 'eq', 'eq', 'neq', 'lt', 'lte', 'gt', 'gte'] as const;

/** A load, perhaps changed, and what it is compared with: not all of it is what the tools write. */
function randomTest(r: Random): Expression[] {
  const dreg = pick(r, [1, 2, 8]),
    values = pick(r, [3, 3, 12]);
  const loads: readonly (() => readonly [Expression, number])[] = [
    () => [{ kind: 'meta', key: 'l4proto', dreg }, 1],
    () => [{ kind: 'meta', key: 'nfproto', dreg }, 1],
    () => [{ kind: 'meta', key: pick(r, ['mark', 'iif', 'oif', 'len', 'priority']), dreg }, 4],
    () => [{ kind: 'meta', key: 'protocol', dreg }, 2],
    () => [{ kind: 'meta', key: pick(r, ['iifname', 'oifname']), dreg: 1 }, 16],
    () => [{ kind: 'ct', key: pick(r, ['state', 'mark']), dreg }, 4],
    ...Array.from({ length: 8 }, () => (): readonly [Expression, number] => {
      const base = pick(r, ['network', 'network', 'transport', 'transport', 'link'] as const),
        len = pick(r, [1, 2, 2, 3, 4, 4, 4, 6, 8, 16]);
      const offset = pick(r, base === 'network' ? [8, 12, 12, 16, 4] : base === 'transport' ? [0, 2, 2, 6] : [0, 6, 10]);
      return [{ kind: 'payload', base, offset, len, dreg }, len];
    }),
  ];
  const [load, len] = pick(r, loads)(),
    out = [load],
    reg = 'dreg' in load ? (load.dreg as number) : dreg;
  const change = r(6);
  if (change === 0) {
    const xor = r(3) === 0 ? bytes(r, len, 2) : new Uint8Array(len);
    out.push({ kind: 'bitwise', sreg: reg, dreg: reg, len, op: 'mask_xor', mask: Uint8Array.from({ length: len }, () => pick(r, [255, 255, 1, 0, 0xf0])), xor });
  } else if (change === 1 && (len === 2 || len === 4)) out.push({ kind: 'byteorder', sreg: reg, dreg: reg, op: 'hton', len, size: len });
  else if (change === 2 && len <= 4) out.push({ kind: 'bitwise', sreg: reg, dreg: reg, len, op: 'rshift', data: Uint8Array.of(r(9), 0, 0, 0) });
  if (r(8) === 0 && len <= 4)
    out.push({ kind: 'bitwise', sreg: reg, dreg: reg, len, op: 'mask_xor', mask: Uint8Array.from({ length: len }, () => pick(r, [255, 3, 1])), xor: new Uint8Array(len) });
  const size = r(6) === 0 ? Math.max(1, len - 1) : r(12) === 0 ? 4 : len,
    data = (): Uint8Array => (len === 16 && r(3) ? Uint8Array.from('eth1\0\0\0\0\0\0\0\0\0\0\0\0', (c) => c.charCodeAt(0)).subarray(0, size) : bytes(r, size, values));
  const how = r(5);
  if (how === 0) out.push({ kind: 'range', sreg: reg, op: pick(r, ['eq', 'eq', 'neq'] as const), from: data(), to: data() });
  else if (how === 1) out.push({ kind: 'cmp', sreg: reg, op: 'gte', data: data() }, { kind: 'cmp', sreg: reg, op: 'lte', data: data() });
  else out.push({ kind: 'cmp', sreg: reg, op: pick(r, OPS), data: data() });
  return out;
}

function randomPacket(r: Random): Skb {
  const data = bytes(r, 34 + r(24), pick(r, [3, 12]));
  data[14] = 0x45;
  data[20] = r(10) === 0 ? 1 : 0;
  data[21] = r(10) === 0 ? 1 : 0;
  data[23] = pick(r, [6, 17, 17]);
  const skb = new Skb(data);
  skb.mac = r(10) === 0 ? -1 : 0;
  skb.macLen = 14;
  skb.network = skb.head = 14;
  skb.protocol = 0x0800;
  skb.mark = r(3) === 0 ? 0x01020304 + r(3) : r(4);
  skb.vlanTci = r(6) === 0 ? r(4) : -1;
  skb.vlanProto = 0x8100;
  return skb;
}

const env = { set: () => undefined } as unknown as OpEnvironment;
const compile = (e: Expression): Op => (definitionOf(e.kind) as NonNullable<ReturnType<typeof definitionOf>>).compile(e, env);
const device = (index: number): NetDevice => ({ index, name: `eth${index}` }) as NetDevice;

describe('tests that expressions say of themselves', () => {
  it.each(Array.from({ length: 40 }, (_, i) => i))('hold for every packet that the expressions match, and where they are sure for no other (chain %i)', (seed) => {
    const r = random(seed),
      length = pick(r, [1, 5, 15, 16, 40, 300]),
      most = 1 + r(3),
      kind = r(2) ? randomTest(r)[0] : null;
    const one = (): Expression[] => {
      const test = randomTest(r);
      // Many rules with the same field have an index.
      return kind?.kind === 'payload' && kind.len <= 4 && test[0].kind === 'payload' && test[0].len === kind.len ? [{ ...kind, dreg: test[0].dreg }, ...test.slice(1)] : test;
    };
    const rules = Array.from({ length }, () => Array.from({ length: r(20) === 0 ? 0 : 1 + r(most) }, one).flat());
    const ops = rules.map((exprs) => exprs.map(compile)),
      said = rules.map((exprs) => testsOf(exprs, { family: 'ip', set: () => undefined })),
      dispatch = new Dispatch(said);
    for (let n = 0; n < 150; n++) {
      const skb = randomPacket(r),
        regs = new Regs(),
        state = { pf: 'ip', hook: 'forward', in: r(8) ? device(1) : null, out: r(3) ? device(2) : null } as HookState;
      setPacketInfo(regs, skb, 'ip');
      const matches = (rule: number, from: number): boolean => {
        regs.verdict = NF.CONTINUE;
        return ops[rule].slice(from).every((op) => {
          op.run(regs, skb, state);
          return regs.verdict === NF.CONTINUE;
        });
      };
      const plain = rules.flatMap((_, i) => (matches(i, 0) ? [i] : [])),
        found: number[] = [];
      let before = -1;
      dispatch.forget();
      for (let at = 0; (at = dispatch.next(at, regs, skb, state)) < length; at++) {
        expect(at).toBeGreaterThan(before);
        before = at;
        const { sure } = dispatch;
        if (sure) expect(matches(at, 0)).toBe(matches(at, said[at].skip));
        if (matches(at, sure ? said[at].skip : 0)) found.push(at);
      }
      expect(found).toEqual(plain);
    }
  });
});
