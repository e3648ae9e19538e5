import { IPOPT, IPV6_EXTHDR } from '../../commands/nft/keys/exthdr.ts';
import { concat, put16 } from '../../kernel/net/wire/bytes.ts';
import { ip4Check, IPPROTO } from '../../kernel/net/wire/ip.ts';
import { defaults, has, type Layer, type LayerField, type LayerKind, putFields } from './layer.ts';
import { fieldsOf } from './link.ts';

const bits = (name: string, offset: number, len: number): LayerField => ({ name, dtype: 'integer', offset, len });

/** Options of IP or TCP one after the other, to a multiple of four bytes. */
export function optionBytes(l: Layer, lengthAt: (type: number) => boolean, pad: number): Uint8Array {
  const parts = l.options.map(({ def, values }) => {
    const size = Math.max(...def.fields.map((f) => f.offset + f.len)) / 8;
    const out = new Uint8Array(Math.ceil(size));
    out[0] = def.type;
    if (lengthAt(def.type)) out[1] = out.length;
    putFields(out, def.fields, values);
    return out;
  });
  const all = concat(...parts);
  const rest = -all.length & 3;
  return rest ? concat(all, new Uint8Array(rest).fill(pad)) : all;
}

/** Types of messages that a host ignores unless they come with the highest hop limit (RFC 4861). */
const ND_FIRST = 133n,
  ND_LAST = 137n;
const isNeighbourDiscovery = (next: Layer | null): boolean => {
  const type = next?.kind.name === 'icmpv6' ? (next.values.get('type') ?? 128n) : 0n;
  return type >= ND_FIRST && type <= ND_LAST;
};

export const NETWORK: readonly LayerKind[] = [
  {
    name: 'ip',
    base: 'network',
    key: 'protocol',
    fields: [...fieldsOf('ip'), bits('tos', 8, 8), bits('fragment-offset', 51, 13)],
    short: { proto: 'protocol', offset: 'fragment-offset' },
    flags: { df: ['frag-off', 0x4000n], mf: ['frag-off', 0x2000n] },
    options: { word: 'option', list: IPOPT },
    choose(l, { nextNumber, next }) {
      if (nextNumber !== null) defaults(l, { protocol: nextNumber });
      defaults(l, { version: 4, id: 1, ttl: next?.kind.name === 'igmp' ? 1 : 64 });
      if (!has(l, 'fragment-offset')) defaults(l, { 'frag-off': 0x4000 });
    },
    encode(l, inner) {
      const options = optionBytes(l, (t) => t > 1, 0);
      const head = concat(new Uint8Array(20), options);
      defaults(l, { hdrlength: head.length / 4 });
      putFields(head, l.kind.fields, l.values);
      const all = concat(head, inner);
      if (!has(l, 'length')) put16(all, 2, all.length);
      if (!has(l, 'checksum')) ip4Check(all, 0);
      return all;
    },
  },
  {
    name: 'ip6',
    base: 'network',
    key: 'nexthdr',
    fields: [...fieldsOf('ip6'), bits('tclass', 4, 8)],
    short: { 'next-header': 'nexthdr', 'hop-limit': 'hoplimit' },
    choose(l, { nextNumber, next }) {
      if (nextNumber !== null) defaults(l, { nexthdr: nextNumber });
      defaults(l, { version: 6, hoplimit: isNeighbourDiscovery(next) ? 255 : 64 });
    },
    encode(l, inner) {
      const head = new Uint8Array(40);
      putFields(head, l.kind.fields, l.values);
      const all = concat(head, inner);
      if (!has(l, 'length')) put16(all, 4, inner.length);
      return all;
    },
  },
  ...IPV6_EXTHDR.filter((h) => ['hbh', 'rt', 'frag', 'dst', 'mh'].includes(h.name)).map(
    (h): LayerKind => ({
      name: h.name,
      base: 'extension',
      key: 'nexthdr',
      fields: h.fields,
      choose: (l, { nextNumber }) => defaults(l, { nexthdr: nextNumber ?? IPPROTO.NONE }),
      encode(l, inner) {
        const head = new Uint8Array(8);
        // PadN: the rest of an options header is filled as RFC 8200 wants it.
        if (h.type === IPPROTO.HOPOPTS || h.type === IPPROTO.DSTOPTS) head.set([1, 4], 2);
        putFields(head, h.fields, l.values);
        return concat(head, inner);
      },
    }),
  ),
];
