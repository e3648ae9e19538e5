import type { Expression } from '../../kernel/expr/expression.ts';
import type { NftMessage } from '../../kernel/nf_tables/message.ts';
import type { NftSet } from '../../kernel/nf_tables/objects.ts';
import type { XtInfo } from '../../kernel/expr/expression.ts';
import type { XtUse } from '../../parsers/xtables/rule.ts';

/** ebtables' `among` lives in anonymous sets (nft.c: add_nft_among, nft-ruleparse-bridge.c: nft_bridge_parse_lookup). */
export interface AmongSets {
  /** Takes the set's messages; gives the set's name and batch number. */
  add(make: (id: number) => NftMessage[]): { name: string; id: number };
}

export interface AmongSource {
  set(name: string): NftSet | undefined;
  interfaceName(index: number): string | undefined;
}

export interface AmongPair {
  readonly mac: Uint8Array;
  readonly ip: Uint8Array | null;
}
type Side = { readonly pairs: readonly AmongPair[]; readonly ip: boolean; readonly inverted: boolean } | null;

const ANON = { anonymous: true, constant: true, map: false, timeout: false, eval: false, object: false };
const LIFE = { dataType: 0, dataLen: 0, timeout: 0n, gcInterval: 0, policy: 'performance' as const, exprs: [], userdata: {} };

/** nft datatype numbers: lladdr 9, ipv4_addr 7; concatenations shift by 6 bits. */
const LLADDR = 9;
const IPV4 = 7;

function key(p: AmongPair, ip: boolean): Uint8Array {
  const k = new Uint8Array(ip ? 12 : 6);
  k.set(p.mac);
  if (ip && p.ip) k.set(p.ip, 8);
  return k;
}

function side(which: 'src' | 'dst', s: Side, sets: AmongSets): Expression[] {
  if (!s?.pairs.length) return [];
  const base = which === 'src' ? 6 : 0;
  const made = sets.add((id) => [
    {
      op: 'newset',
      family: 'bridge',
      table: '',
      excl: false,
      id,
      set: {
        ...LIFE,
        name: '__set%d',
        flags: { ...ANON, interval: s.ip, concat: s.ip },
        keyType: s.ip ? (LLADDR << 6) | IPV4 : LLADDR,
        keyLen: s.ip ? 12 : 6,
        size: s.pairs.length,
        fieldLens: s.ip ? [6, 4] : [],
      },
    },
    {
      op: 'newsetelem',
      family: 'bridge',
      table: '',
      set: '__set%d',
      setId: id,
      excl: false,
      elements: s.pairs.map((p) => {
        const k = key(p, s.ip);
        const end = new Uint8Array(k);
        if (s.ip && !p.ip) end.set([255, 255, 255, 255], 8);
        return { key: k, ...(s.ip ? { keyEnd: end } : {}), flags: { intervalEnd: false, catchall: false } };
      }),
    },
  ]);
  return [
    { kind: 'payload', base: 'link', offset: base, len: 6, dreg: 1 },
    ...(s.ip ? [{ kind: 'payload', base: 'network', offset: which === 'src' ? 12 : 16, len: 4, dreg: 10 } as const] : []),
    { kind: 'lookup', set: made.name, setId: made.id, sreg: 1, inv: s.inverted },
  ];
}

export function lowerAmong(use: XtUse, sets: AmongSets): Expression[] {
  const i = use.info as unknown as { src: Side; dst: Side };
  const ip = i.src?.ip || i.dst?.ip;
  return [
    ...(ip ? [{ kind: 'meta', key: 'protocol', dreg: 1 } as const, { kind: 'cmp', sreg: 1, op: 'eq', data: Uint8Array.of(8, 0) } as const] : []),
    ...side('src', i.src, sets),
    ...side('dst', i.dst, sets),
  ];
}

/** What -C and -D look at: a list without pairs is as none. */
export function amongCompared(info: XtInfo): unknown {
  const { src, dst } = info as unknown as { src: Side; dst: Side };
  const read = (s: Side): Side => (s?.pairs.length ? s : null);
  return { src: read(src), dst: read(dst) };
}

export function raiseAmong(
  e: Extract<Expression, { kind: 'lookup' }>,
  before: readonly Expression[],
  source: AmongSource,
  matches: readonly XtUse[],
): { info: XtInfo; replaces: XtUse | null } | string {
  const set = source.set(e.set);
  const loads = before.filter((x): x is Extract<Expression, { kind: 'payload' }> => x.kind === 'payload');
  const mac = loads.findLast((x) => x.base === 'link' && x.dreg === e.sreg);
  if (!set || !mac) return 'unknown set in lookup';
  const ip = set.keyLen > 6;
  const pairs = [...set.elements].map((x) => ({ mac: x.key.slice(0, 6), ip: ip && !x.keyEnd?.slice(8, 12).some((b, n) => b !== x.key[8 + n]) ? x.key.slice(8, 12) : null }));
  const old = matches.find((m) => m.name === 'among') ?? null;
  const info = { src: null, dst: null, ...(old?.info ?? {}), [mac.offset === 6 ? 'src' : 'dst']: { pairs, ip, inverted: e.inv } } as unknown as XtInfo;
  return { info, replaces: old };
}
