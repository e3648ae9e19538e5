import type { Cmd, Expr } from '../../parsers/nft/ast.ts';
import { datatype, datatypeByName, type Datatype, type NameContext } from './datatype/index.ts';
import { giveType, rawPayload } from './evaluate/index.ts';
import { protocols } from '../../kernel/net/names/database.ts';

/** expr_name */
const NAMES: Readonly<Record<string, string>> = { hash: 'hash', set_ref: 'set reference', exthdr: 'exthdr' };

const bases = (d: Datatype): string => {
  const out: string[] = [];
  for (let b = d.base; b; b = b.base) out.push(b.desc);
  return out.length ? ` (basetype ${out.join(', ')})` : '';
};

/** expr_describe */
export function describe(cmd: Cmd, names: NameContext, out: (text: string) => void): null {
  if (cmd.object.kind !== 'expr') return null;
  const e: Expr = cmd.object.expr;
  let type: Datatype, len: number;
  if (e.kind === 'symbol' || (e.kind === 'value' && e.dtype === 'string')) {
    const word = e.kind === 'symbol' ? e.identifier : '';
    const found = datatypeByName(word);
    if (!found) {
      out(word === 'invalid' ? 'datatype invalid (invalid), 0 bits\n' : 'symbol expression, datatype invalid (invalid)\n');
      return null;
    }
    type = found;
    len = type.size;
    out(`datatype ${type.name} (${type.desc})${bases(type)}`);
  } else {
    giveType(e);
    if (e.kind === 'payload') rawPayload(e);
    type = datatype(e.dtype);
    len = e.len;
    if (type.id === 'invalid') {
      out(`${NAMES[e.kind] ?? e.kind} expression, datatype invalid (invalid)\n`);
      return null;
    }
    out(`${NAMES[e.kind] ?? e.kind} expression, datatype ${type.name} (${type.desc})${bases(type)}`);
  }
  if (len || e.kind === 'symbol')
    out((type.id === 'string' && len) || (len % 8 === 0 && e.kind !== 'symbol' && type.base?.id === 'string') ? `, ${len / 8} characters` : `, ${len} bits`);
  out('\n');
  symbols(type, len, e.kind === 'symbol', names, out);
  return null;
}

function symbols(type: Datatype, len: number, ofType: boolean, names: NameContext, out: (text: string) => void): void {
  if (type.id === 'inet_proto') {
    for (let n = 0; n < 256; n++) {
      const name = protocols().name(n);
      if (name !== undefined) out(`\t${name.padEnd(30)}\t${n}\n`);
    }
    return;
  }
  const table = type.symbols?.(names);
  if (!table?.symbols.length || /^icmp(v6|x)?_code$/.test(type.id)) return;
  out('\npre-defined symbolic constants ');
  if (table.file) out(`from ${table.file} `);
  const decimal = table.base === 'decimal';
  out(`(in ${table.base}):\n`);
  const width = Math.ceil((len || type.size) / 8) * 2;
  // of a type alone no byte order is known: its constants are shown as they lie in memory
  const shown = (value: bigint): bigint => (ofType && type.byteorder === 'big' && width === 4 ? ((value & 0xffn) << 8n) | (value >> 8n) : value);
  for (const [name, value] of table.symbols) out(`\t${name.padEnd(30)}\t${decimal ? String(value).padStart(20) : `0x${shown(value).toString(16).padStart(width, '0')}`}\n`);
}
