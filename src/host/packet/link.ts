import { protocol } from '../../commands/nft/proto.ts';
import { concat } from '../../kernel/net/wire/bytes.ts';
import { defaults, type Layer, type LayerKind, putFields } from './layer.ts';

/** Fields of a protocol as nft's tables have them. */
export const fieldsOf = (name: string): LayerKind['fields'] => protocol(name)?.fields ?? [];

const plain =
  (size: number): LayerKind['encode'] =>
  (l, inner) => {
    const head = new Uint8Array(size);
    putFields(head, l.kind.fields, l.values);
    return concat(head, inner);
  };

const next = (l: Layer, n: number | null): void => {
  if (n !== null) defaults(l, { type: n });
};

export const LINK: readonly LayerKind[] = [
  {
    name: 'ether',
    base: 'link',
    fields: fieldsOf('ether'),
    key: 'type',
    choose: (l, { nextNumber }) => next(l, nextNumber),
    encode: plain(14),
  },
  {
    name: 'vlan',
    base: 'link',
    fields: fieldsOf('vlan'),
    key: 'type',
    choose(l, { nextNumber }) {
      next(l, nextNumber);
      defaults(l, { id: 0 });
    },
    encode: plain(4),
  },
  {
    name: 'arp',
    base: 'network',
    fields: fieldsOf('arp'),
    choose: (l) => defaults(l, { htype: 1, ptype: 0x0800, hlen: 6, plen: 4, operation: 1 }),
    encode: plain(28),
  },
];
