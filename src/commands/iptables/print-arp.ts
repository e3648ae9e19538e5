import { maskLength, macText, ntop } from '../../kernel/xt/address.ts';
import type { PrintContext } from '../../kernel/xt/definition.ts';
import { ARP_OPCODES } from '../../parsers/xtables/link-fields.ts';
import type { Field, Masked, XtRule } from '../../parsers/xtables/rule.ts';
import { listAddress, numberText } from './print.ts';
import type { ListFormat, PrintEnvironment } from './print.ts';
import type { Writer } from './writer.ts';

/** arptables (iptables/nft-arp.c). */
const inv = (x: { readonly inverted: boolean }): string => (x.inverted ? '! ' : '');
const hex = (n: number): string => `0x${n.toString(16)}`;

function mac(name: string, m: Masked | null): string {
  if (!m) return '';
  return `${inv(m)}--${name} ${macText(m.value)}${m.mask.every((b) => b === 255) ? '' : `/${macText(m.mask)}`} `;
}

function address(name: string, m: Masked | null, numeric: boolean, env: PrintEnvironment): string {
  if (!m || (m.mask.every((b) => b === 0) && !m.inverted)) return '';
  const n = maskLength(m.mask);
  const text = numeric ? `${ntop(m.value)}${n === 32 ? '' : n >= 0 ? `/${n}` : `/${ntop(m.mask)}`}` : listAddress(m, false, false, env.names);
  return `${inv(m)}-${name} ${text} `;
}

const masked = (f: Field, full: number, text: string, maskText: (n: number) => string): string => `${text}${f.mask === full ? '' : `/${maskText(f.mask)}`} `;

function fields(r: XtRule, numeric: boolean, anyIface: boolean, numericIface: boolean, env: PrintEnvironment): string {
  const a = r.arp;
  if (!a) return '';
  let out = '';
  const iface = (letter: string, n: typeof r.iif): string => (n ? `${inv(n)}-${letter} ${n.name} ` : anyIface ? `-${letter} ${numericIface ? '*' : 'any'} ` : '');
  out += iface('i', r.iif) + iface('o', r.oif);
  out += address('s', r.src, numeric, env) + mac('src-mac', a.srcMac);
  out += address('d', r.dst, numeric, env) + mac('dst-mac', a.dstMac);
  if (a.hlen && (a.hlen.value !== 6 || a.hlen.mask !== 255 || a.hlen.inverted)) out += `${inv(a.hlen)}--h-length ${masked(a.hlen, 255, String(a.hlen.value), String)}`;
  if (a.opcode && (a.opcode.value !== 0 || a.opcode.inverted || a.opcode.mask !== 65535)) {
    const name = a.opcode.value <= ARP_OPCODES.length && !numeric ? ARP_OPCODES[a.opcode.value - 1] : undefined;
    out += `${inv(a.opcode)}--opcode ${masked(a.opcode, 65535, name ?? String(a.opcode.value), String)}`;
  }
  if (a.htype && (a.htype.value !== 1 || a.htype.mask !== 65535 || a.htype.inverted)) {
    out += `${inv(a.htype)}--h-type ${masked(a.htype, 65535, a.htype.value === 1 && !numeric ? 'Ethernet' : hex(a.htype.value), hex)}`;
  }
  if (a.ptype && (a.ptype.value !== 0 || a.ptype.inverted || a.ptype.mask !== 65535)) {
    out += `${inv(a.ptype)}--proto-type ${masked(a.ptype, 65535, a.ptype.value === 0x800 && !numeric ? 'IPv4' : hex(a.ptype.value), hex)}`;
  }
  return out;
}

const context = (_r: XtRule, env: PrintEnvironment): PrintContext => ({ family: 'arp', net: env.net, names: env.names, proto: 0, warn: env.warn });

function jumpText(r: XtRule): string {
  const j = r.jump;
  return j.kind === 'none' ? '' : `-j ${j.kind === 'target' ? j.use.extension.name : j.name} `;
}

function line(r: XtRule, num: number, f: ListFormat, env: PrintEnvironment): string {
  let out = f.lineNumbers ? `${num} ` : '';
  out += jumpText(r) + fields(r, f.numeric, f.verbose, f.numeric, env);
  const j = r.jump;
  if (j.kind === 'target') out += j.use.extension.print(j.use.info, { ...context(r, env), numeric: f.numeric }).replace(/^ /, '');
  if (f.verbose && !f.row) out = `${out.replace(/ ?$/, ' ')}, pcnt=${numberText(r.packets, f.exact, true)}-- bcnt=${numberText(r.bytes, f.exact, true)}`;
  return `${f.verbose && !f.row ? out : out.replace(/ $/, '')}\n`;
}

export const arpWriter: Writer = {
  tableHeader: () => '',
  header(c, references, f) {
    const counters = f.verbose ? ` ${c.packets} packets, ${c.bytes} bytes` : '';
    return `Chain ${c.name} ${c.base ? `(policy ${c.policy.toUpperCase()}${counters})` : `(${references >>> 0} references)`}\n`;
  },
  line: (r, num, f, env) => line(r, num, f, env),
  row: (r, f, env) => line(r, 0, { ...f, row: true }, env),
  save(r, _counters, env) {
    const j = r.jump;
    const target = j.kind === 'target' ? j.use.extension.save(j.use.info, context(r, env)) : '';
    const text = `${jumpText(r)}${fields(r, true, false, true, env)}`.replace(/ $/, '');
    return ` ${text}${target}`;
  },
  shows: () => true,
};
