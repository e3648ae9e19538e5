import type { StatementDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk, mkStmt } from '../node.ts';
import { protocol, protocolField } from '../proto.ts';

/** Fields of the pseudo header over which transport checksums run (proto_desc.pseudohdr). */
const PSEUDO: Readonly<Record<string, ReadonlySet<string>>> = {
  ip: new Set(['saddr', 'daddr', 'protocol', 'length']),
  ip6: new Set(['saddr', 'daddr', 'nexthdr', 'length']),
  udp: new Set(['sport', 'dport', 'length', 'checksum']),
};
const L4CSUM_PSEUDOHDR = 1;

export const statement: StatementDefinition<'payload'> = {
  kind: 'payload',
  linearize: (s, l) => {
    const e = s.expr;
    if (e.kind !== 'payload') throw new Error('payload statement without payload');
    l.with(s.value, (sreg) => {
      l.load(s.value, sreg);
      const field = e.written ?? e.field,
        desc = e.raw && e.written === undefined ? undefined : protocol(e.proto);
      // UDP's may be absent: the kernel looks itself (netlink_gen_payload_stmt).
      const csum = desc?.checksum !== undefined && desc.name !== 'udp' ? protocolField(desc.name, desc.checksum) : undefined;
      const flags = desc && PSEUDO[e.proto]?.has(field) ? L4CSUM_PSEUDOHDR : 0;
      l.add({
        kind: 'payload_set',
        base: e.base,
        offset: Math.floor(e.offset / 8),
        len: Math.ceil(e.len / 8),
        sreg: wireRegister(sreg),
        csumType: !csum ? 'none' : desc?.name === 'sctp' ? 'sctp' : 'inet',
        csumOffset: csum ? csum.offset / 8 : 0,
        csumFlags: flags,
      });
    });
  },
  delinearize: {
    payload_set: (e, d) => {
      const value = d.need(e.sreg);
      const expr = mk({ kind: 'payload', base: e.base, proto: '', field: '', offset: e.offset * 8, raw: true }, 'integer', 'big', e.len * 8);
      d.add(mkStmt({ kind: 'payload', expr, value }));
    },
  },
  print: (s, p) => `${p.expr(s.expr)} set ${p.expr(s.value)}`,
  json: (s, p) => ({ mangle: { key: p.json(s.expr), value: p.json(s.value) } }),
};
