import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';
import { mkStmt } from '../node.ts';
import { byteUnit } from './quota.ts';

const UNIT: Readonly<Record<string, string>> = { 1: 'second', 60: 'minute', 3600: 'hour', 86400: 'day', 604800: 'week' };

export interface LimitValue {
  readonly type: 'pkts' | 'bytes';
  readonly rate: bigint;
  readonly unit: bigint;
  readonly burst: bigint;
  readonly inv: boolean;
}

export function limitText(s: LimitValue): string {
  const over = s.inv ? 'over ' : '';
  const per = UNIT[String(s.unit)] ?? 'error';
  if (s.type === 'pkts') return `rate ${over}${s.rate}/${per} burst ${s.burst} packets`;
  const [rate, unit] = byteUnit(s.rate);
  return `rate ${over}${rate} ${unit}/${per}${s.burst ? ` burst ${byteUnit(s.burst).join(' ')}` : ''}`;
}

export function limitJson(s: LimitValue): { [k: string]: Json } {
  const per = UNIT[String(s.unit)] ?? 'error';
  const inv: { [k: string]: Json } = s.inv ? { inv: true } : {};
  if (s.type === 'pkts') return { rate: s.rate, burst: s.burst, per, ...inv };
  const [rate, rateUnit] = byteUnit(s.rate);
  const [burst, burstUnit] = byteUnit(s.burst);
  return { rate, burst, per, ...inv, rate_unit: rateUnit, burst_unit: burstUnit };
}

export const statement: StatementDefinition<'limit'> = {
  kind: 'limit',
  linearize: (s, l) => l.add({ kind: 'limit', type: s.type === 'pkts' ? 'pkts' : 'pkt-bytes', rate: s.rate, unit: s.unit, burst: Number(s.burst), inv: s.inv }),
  delinearize: {
    limit: (e, d) => d.add(mkStmt({ kind: 'limit', type: e.type === 'pkts' ? 'pkts' : 'bytes', rate: e.rate, unit: BigInt(e.unit), burst: BigInt(e.burst), inv: e.inv })),
  },
  print: (s) => `limit ${limitText(s)}`,
  json: (s) => ({ limit: limitJson(s) }),
};
