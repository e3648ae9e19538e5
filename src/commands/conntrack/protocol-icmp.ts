import type { CommandName } from './options.ts';
import { setIcmpType } from './object.ts';
import { atoi, longs, saveFields } from './protocol.ts';
import type { ProtoHandler } from './protocol.ts';

export function icmpProtocol(name: 'icmp' | 'icmpv6', protonum: number): ProtoHandler {
  const names = ['type', 'code', 'id'].map((n) => `${name}-${n}`);
  const matrix: Partial<Record<CommandName, string>> = {};
  for (const c of ['list', 'update', 'delete', 'event'] as const) matrix[c] = '???';
  for (const c of ['create', 'add', 'get'] as const) matrix[c] = '!!?';
  return {
    name,
    protonum,
    names,
    matrix,
    pairs: [],
    pairWords: [],
    options: longs(names.map((n) => [n, n] as const)),
    help: [`--${names[0]}\t\t\t${name} type`, `--${names[1]}\t\t\t${name} code`, `--${names[2]}\t\t\t${name} id`],
    parse(option, value, { ct }) {
      if (option === names[0]) setIcmpType(ct, atoi(value) & 255);
      else if (option === names[1]) ct.icmp.code = atoi(value) & 255;
      else ct.icmp.id = atoi(value) & 0xffff;
      ct.orig.l4 = protonum;
      // A reply direction that has an address by now is of this protocol too; one that gets it later is not.
      if (ct.repl.l3 !== undefined) ct.repl.l4 = protonum;
    },
    save: (ct) =>
      saveFields([
        [`--${names[0]}`, ct.icmp.type],
        [`--${names[1]}`, ct.icmp.code],
        [`--${names[2]}`, ct.icmp.id],
      ]),
  };
}
