import type { Expression, Verdict } from '../../kernel/expr/expression.ts';

/** Bytecode as libnftnl prints it for -vv (nftnl_rule_snprintf): data in words of four bytes, in the byte order of the host. */
function words(data: Uint8Array): string {
  const out: string[] = [];
  for (let i = 0; i < data.length; i += 4) {
    const n = ((data[i] ?? 0) | ((data[i + 1] ?? 0) << 8) | ((data[i + 2] ?? 0) << 16) | ((data[i + 3] ?? 0) << 24)) >>> 0;
    out.push(`0x${n.toString(16).padStart(8, '0')}`);
  }
  return out.join(' ');
}

const UNITS: Readonly<Record<string, string>> = { 1: 'second', 60: 'minute', 3600: 'hour', 86400: 'day', 604800: 'week' };
const verdict = (v: Verdict): string => (v.code === 'jump' || v.code === 'goto' ? `${v.code} -> ${v.chain}` : v.code);

function body(e: Expression): string {
  switch (e.kind) {
    case 'payload':
      return `payload load ${e.len}b @ ${e.base} header + ${e.offset} => reg ${e.dreg}`;
    case 'meta':
      return `meta load ${e.key} => reg ${e.dreg}`;
    case 'meta_set':
      return `meta set ${e.key} with reg ${e.sreg}`;
    case 'cmp':
      return `cmp ${e.op} reg ${e.sreg} ${words(e.data)}`;
    case 'range':
      return `range ${e.op} reg ${e.sreg} ${words(e.from)} ${words(e.to)}`;
    case 'bitwise':
      return e.op === 'mask_xor' ? `bitwise reg ${e.dreg} = ( reg ${e.sreg} & ${words(e.mask)} ) ^ ${words(e.xor)}` : `bitwise reg ${e.dreg} = ( reg ${e.sreg} ${e.op} )`;
    case 'counter':
      return `counter pkts ${e.packets} bytes ${e.bytes}`;
    case 'immediate':
      return `immediate reg ${e.dreg} ${'verdict' in e.data ? verdict(e.data.verdict) : words(e.data.value)}`;
    case 'limit':
      return `limit rate ${e.rate}/${UNITS[String(e.unit)]} burst ${e.burst} type ${e.type === 'pkts' ? 'packets' : 'bytes'} flags 0x${e.inv ? 1 : 0}`;
    case 'log':
      return `log${e.prefix ? ` prefix ${e.prefix}` : ''} group ${e.group ?? 0} snaplen ${e.snaplen ?? 0} qthreshold ${e.qthreshold ?? 0}`;
    case 'match':
    case 'target':
      return `${e.kind} name ${e.name} rev ${e.rev}`;
    case 'lookup':
      return `lookup reg ${e.sreg} set ${e.set} 0x${e.inv ? 1 : 0}`;
    default:
      return e.kind;
  }
}

export const expressionLines = (exprs: readonly Expression[]): string => exprs.map((e) => `  [ ${body(e)} ]\n`).join('');
