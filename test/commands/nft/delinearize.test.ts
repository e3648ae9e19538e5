import { describe, expect, it } from 'vitest';
import { delinearizeRule } from '../../../src/commands/nft/delinearize/index.ts';
import { NO_OPTIONS } from '../../../src/commands/nft/datatype/index.ts';
import { Linearizer } from '../../../src/commands/nft/linearize/context.ts';
import { Printer } from '../../../src/commands/nft/print/context.ts';
import type { Expression } from '../../../src/kernel/expr/expression.ts';
import type { Family } from '../../../src/kernel/net/hook.ts';
import { namesOf } from '../../../src/kernel/net/names/index.ts';

const bytes = (...b: number[]): Uint8Array => Uint8Array.from(b);
const printer = new Printer({ names: namesOf(() => undefined), ifindex: () => undefined, ifname: () => undefined, options: NO_OPTIONS });
const load = (base: 'link' | 'network' | 'transport', offset: number, len: number): Expression => ({ kind: 'payload', base, offset, len, dreg: 1 });
const eq = (...data: number[]): Expression => ({ kind: 'cmp', sreg: 1, op: 'eq', data: bytes(...data) });
const mask = (...m: number[]): Expression => ({ kind: 'bitwise', op: 'mask_xor', sreg: 1, dreg: 1, len: m.length, mask: bytes(...m), xor: new Uint8Array(m.length) });

/** Bytecode as `nft --debug=netlink` of nft 1.1.3 shows it, and what `nft list ruleset` then prints. */
const GOLDEN: readonly (readonly [Family, readonly Expression[], string])[] = [
  ['inet', [{ kind: 'meta', key: 'l4proto', dreg: 1 }, eq(6), load('transport', 0, 4), eq(0, 1, 0, 2)], 'tcp sport 1 tcp dport 2'],
  [
    'inet',
    [{ kind: 'meta', key: 'nfproto', dreg: 1 }, eq(2), load('network', 12, 1), eq(10), load('network', 16, 4), mask(255, 255, 128, 0), eq(10, 1, 0, 0)],
    'ip saddr 10.0.0.0/8 ip daddr 10.1.0.0/17',
  ],
  ['inet', [{ kind: 'meta', key: 'l4proto', dreg: 1 }, eq(6), load('transport', 13, 1), mask(2), { kind: 'cmp', sreg: 1, op: 'neq', data: bytes(0) }], 'tcp flags syn'],
  ['bridge', [load('link', 12, 2), eq(0x81, 0), load('link', 14, 2), mask(0x0f, 0xff), eq(0, 5)], 'vlan id 5'],
  [
    'inet',
    [
      { kind: 'meta', key: 'mark', dreg: 1 },
      { kind: 'byteorder', sreg: 1, dreg: 1, op: 'hton', len: 4, size: 4 },
      { kind: 'range', sreg: 1, op: 'eq', from: bytes(0, 0, 0, 1), to: bytes(0, 0, 0, 5) },
    ],
    'meta mark 0x00000001-0x00000005',
  ],
  [
    'ip',
    [
      load('network', 0, 2),
      { kind: 'bitwise', op: 'mask_xor', sreg: 1, dreg: 1, len: 2, mask: bytes(0xff, 0x03), xor: bytes(0, 0xb8) },
      { kind: 'payload_set', base: 'network', offset: 0, len: 2, sreg: 1, csumType: 'inet', csumOffset: 10, csumFlags: 0 },
    ],
    'ip dscp set ef',
  ],
  ['ip', [load('network', 9, 1), eq(6), { kind: 'counter', packets: 0n, bytes: 0n }, load('transport', 2, 2), eq(0, 22)], 'ip protocol tcp counter packets 0 bytes 0 tcp dport 22'],
];

describe('delinearizeRule', () => {
  it.each(GOLDEN)('%s: %#', (family, exprs, text) => {
    const stmts = delinearizeRule(exprs, { family, table: 't', set: () => undefined });
    expect(stmts.map((s) => printer.stmt(s)).join(' ')).toBe(text);
  });
});

describe('Linearizer', () => {
  it('numbers registers as on the wire: whole ones where it can', () => {
    const l = new Linearizer('ip');
    for (const s of delinearizeRule(
      [
        { kind: 'immediate', dreg: 1, data: { value: bytes(1, 1, 1, 1) } },
        { kind: 'immediate', dreg: 2, data: { value: bytes(0, 80) } },
        { kind: 'nat', type: 'dnat', family: 2, sregAddrMin: 1, sregProtoMin: 2, flags: 2 },
      ],
      { family: 'ip', table: 't', set: () => undefined },
    ))
      l.stmt(s);
    expect(l.out.at(-1)).toEqual({ kind: 'nat', type: 'dnat', family: 2, sregAddrMin: 1, sregProtoMin: 2, flags: 2 });
  });
});
