import { maskLength, maskText, ntop } from '../../kernel/xt/address.ts';
import type { Names, PrintContext } from '../../kernel/xt/definition.ts';
import { protocolName } from '../../kernel/xt/text.ts';
import type { Netns } from '../../kernel/netns.ts';
import type { Jump, Masked, XtRule, XtUse } from '../../parsers/xtables/rule.ts';

/** How the tools write rules: -S and -save, -L (iptables/xshared.c, nft-shared.c, nft-ipv4.c, nft-ipv6.c). */
export interface PrintEnvironment {
  readonly net: Netns;
  readonly names: Names;
  warn(text: string): void;
}

export interface ListFormat {
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
  /** FMT_NOTABLE: words in a row, as -v shows a rule that was added. */
  readonly row: boolean;
}

const contextOf = (r: XtRule, env: PrintEnvironment): PrintContext => ({ family: r.family, net: env.net, names: env.names, proto: r.proto?.number ?? 0, warn: env.warn });

/** xtables_print_num, with its trailing space. */
export function numberText(n: bigint, exact: boolean, row: boolean): string {
  const pad = (s: string, w: number): string => `${row ? s : s.padStart(w)} `;
  if (exact) return pad(String(n), 8);
  if (n <= 99999n) return pad(String(n), 5);
  // Adding what rounds wraps.
  let v = BigInt.asUintN(64, n + 500n) / 1000n;
  for (const unit of ['K', 'M', 'G']) {
    if (v <= 9999n) return `${row ? v : String(v).padStart(4)}${unit} `;
    v = (v + 500n) / 1000n;
  }
  return `${row ? v : String(v).padStart(4)}T `;
}

const jumpName = (j: Jump): string => (j.kind === 'none' ? '' : j.kind === 'target' ? (j.use.extension.realName ?? j.use.extension.name) : j.name);

const matchesList = (r: XtRule, env: PrintEnvironment, numeric: boolean): string => r.matches.map((m) => m.extension.print(m.info, { ...contextOf(r, env), numeric })).join('');

export function listAddress(m: Masked | null, v6: boolean, numeric: boolean, names: Names): string {
  const zero = !m || (v6 ? m.value : m.mask).every((b) => b === 0);
  if (zero && !numeric) return 'anywhere';
  const address = m?.value ?? new Uint8Array(v6 ? 16 : 4);
  const mask = m?.mask ?? new Uint8Array(v6 ? 16 : 4);
  return (numeric ? ntop(address) : nameOf(address, names)) + maskText(mask);
}

/** xtables_ipaddr_to_anyname: hosts, then networks. */
function nameOf(address: Uint8Array, names: Names): string {
  const host = names.hostName(address);
  return host ?? (address.length === 4 ? names.networkName(address) : undefined) ?? ntop(address);
}

export function ruleLine(r: XtRule, num: number, f: ListFormat, env: PrintEnvironment): string {
  const w = (s: string, n: number): string => `${f.row ? s : s.padEnd(n)} `;
  const v6 = r.family === 'ip6';
  const proto = r.proto?.number ?? 0;
  const pname = proto === 0 ? 'all' : (protocolName(proto, env.names, f.numeric) ?? String(proto));
  const any = f.numeric ? '*' : 'any';
  let out = '';
  if (f.lineNumbers) out += w(String(num), 4);
  if (f.verbose && !f.row) out += numberText(r.packets, f.exact, f.row) + numberText(r.bytes, f.exact, f.row);
  out += w(jumpName(r.jump), 9);
  out += (r.proto?.inverted ? '!' : ' ') + w(pname, 4);
  out += `${f.row ? 'opt ' : ''}${r.fragment?.inverted ? '!' : '-'}${r.fragment ? 'f' : '-'} `;
  if (f.verbose) {
    const name = (n: typeof r.iif): string => (n ? `${n.inverted ? '!' : ''}${n.name}` : any);
    out += f.row ? `in ${name(r.iif)} out ${name(r.oif)} ` : ` ${name(r.iif).padEnd(6)} ${name(r.oif).padEnd(6)} `;
  }
  const src = listAddress(r.src, v6, f.numeric, env.names);
  const dst = listAddress(r.dst, v6, f.numeric, env.names);
  out += (r.src?.inverted ? '!' : ' ') + w(src, 19);
  out += (r.dst?.inverted ? '!' : ' ') + (f.row ? `-> ${dst}` : `${dst.padEnd(19)} `);
  if (f.row) out += '  ';
  if (r.jump.kind === 'chain' && r.jump.goto) out += '[goto] ';
  out += matchesList(r, env, f.numeric);
  if (r.jump.kind === 'target') out += r.jump.use.extension.print(r.jump.use.info, { ...contextOf(r, env), numeric: f.numeric });
  return `${out}\n`;
}

export function chainHeader(name: string, policy: { name: string; packets: bigint; bytes: bigint } | null, references: number, f: ListFormat): string {
  const counters = f.verbose ? ` ${numberText(policy?.packets ?? 0n, f.exact, true)}packets, ${numberText(policy?.bytes ?? 0n, f.exact, true)}bytes` : '';
  let out = `Chain ${name} ${policy ? `(policy ${policy.name}${counters})` : `(${references < 0 ? 'ERROR obtaining refs' : `${references} references`})`}\n`;
  if (f.lineNumbers) out += 'num  ';
  if (f.verbose) out += f.exact ? `${'pkts'.padStart(8)} ${'bytes'.padStart(10)} ` : ` pkts bytes `;
  out += `${'target'.padEnd(9)}  prot opt`;
  if (f.verbose) out += ` ${'in'.padEnd(6)} ${'out'.padEnd(6)}`;
  return `${out}${f.verbose ? ' ' : ''} ${'source'.padEnd(19)}  ${'destination'.padEnd(19)} \n`;
}

function saveAddress(letter: string, m: Masked | null): string {
  if (!m || (!m.inverted && m.mask.every((b) => b === 0) && m.value.every((b) => b === 0))) return '';
  const n = maskLength(m.mask);
  return `${m.inverted ? ' !' : ''} -${letter} ${ntop(m.value)}/${n >= 0 ? n : ntop(m.mask)}`;
}

export const saveMatch = (m: XtUse, r: XtRule, env: PrintEnvironment): string =>
  ` -m ${m.extension.saveName?.(m.info) ?? m.extension.name}${m.extension.save(m.info, contextOf(r, env))}`;

export function saveJump(r: XtRule, env: PrintEnvironment): string {
  const j = r.jump;
  switch (j.kind) {
    case 'none':
      return '';
    case 'verdict':
      return ` -j ${j.name}`;
    case 'chain':
      return ` -${j.goto ? 'g' : 'j'} ${j.name}`;
    case 'target':
      return ` -j ${j.use.extension.saveName?.(j.use.info) ?? j.use.extension.name}${j.use.extension.save(j.use.info, contextOf(r, env))}`;
  }
}

/** What stands after `-A CHAIN`; `counters` puts -c before the target. */
export function saveRule(r: XtRule, counters: boolean, env: PrintEnvironment): string {
  const name = (letter: string, n: typeof r.iif): string => (n ? `${n.inverted ? ' !' : ''} -${letter} ${n.name}` : '');
  const proto = r.proto && r.proto.number > 0 ? `${r.proto.inverted ? ' !' : ''} -p ${protocolName(r.proto.number, env.names, true) ?? r.proto.number}` : '';
  return (
    saveAddress('s', r.src) +
    saveAddress('d', r.dst) +
    name('i', r.iif) +
    name('o', r.oif) +
    proto +
    (r.fragment ? `${r.fragment.inverted ? ' !' : ''} -f` : '') +
    r.matches.map((m) => saveMatch(m, r, env)).join('') +
    (counters ? ` -c ${r.packets} ${r.bytes}` : '') +
    saveJump(r, env)
  );
}
