import { RuleTexts } from '../../commands/rules/text.ts';
import { ntop } from '../../kernel/xt/address.ts';
import { PacketError } from '../../parsers/packet/index.ts';
import type { Chain, Rule, Table } from '../../kernel/nf_tables/objects.ts';
import type { MemoryHost } from '../create.ts';
import type { PacketReport } from '../packet/report.ts';
import { Surroundings } from '../packet/surroundings.ts';
import { Coverage, type RuleCoverage } from './coverage.ts';
import { sendPacket } from './play.ts';

/** How a rule that nothing has hit could be hit, or why not. */
export type Suggestion =
  | { readonly kind: 'packet'; readonly steps: readonly { readonly in?: string; readonly send: string }[] }
  /** A packet made for it meets its end elsewhere. */
  | { readonly kind: 'shadowed'; readonly by: string; readonly packet: string }
  /** It asks for more than the words of one packet can say. */
  | { readonly kind: 'unknown' };

/** What rules ask of a packet, by `PROTOCOL FIELD`, and of what is around it. */
interface Wanted {
  readonly fields: Map<string, string>;
  iif: string | null;
  state: string | null;
  family: 4 | 6 | null;
  l4: string | null;
}

const L4 = new Set(['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'icmp', 'icmpv6', 'esp', 'ah', 'gre']);
const NUMBERED: Readonly<Record<string, string>> = { 'ipv6-icmp': 'icmpv6', '6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmpv6' };
/** One match of a listing: what is looked at, how it compares, with what. */
const MATCH =
  /^(?:(meta l4proto|ip protocol|ip6 nexthdr|meta nfproto)|(ct state)|(?:meta )?(iifname|iif)|(oifname|oif)|(ip|ip6|tcp|udp|udplite|sctp|dccp|icmp|icmpv6|th) ([a-z-]+)) (!= )?(\{[^}]*\}|"[^"]*"|\S+)\s*/;
const SKIPPED = /^(?:counter packets \d+ bytes \d+|counter|limit rate (?:over )?\S+(?: burst \d+ \w+)?|log(?: prefix "[^"]*")?(?: (?:level|group) \S+)*|comment "[^"]*")\s*/;

/** A value that a listing's right side lets through; null: none that is simple. */
function valueFor(right: string, negated: boolean): string | null {
  const first = right
    .replace(/^\{\s*|\s*\}$/g, '')
    .split(/,\s*/)[0]
    .replaceAll('"', '');
  if (first.startsWith('@') || first.startsWith('$')) return null;
  const start = first.split('-')[0];
  const plain = /^[\d.]+-[\d.]+$/.test(first) ? start : first;
  if (!negated) {
    const prefix = /^([\da-f.:]+)\/\d+$/i.exec(plain);
    return prefix ? prefix[1].replace(/\.0$/, '.7').replace(/::$/, '::7') : plain;
  }
  if (/^\d+$/.test(plain)) return String((Number(plain) % 65_000) + 1);
  if (/^[\d.]+(?:\/\d+)?$/.test(plain)) return plain.startsWith('203.0.113.') ? '198.18.0.7' : '203.0.113.7';
  return null;
}

/** Adds what a rule asks; false when a part of it is beyond this reader or against what is wanted already. */
function want(text: string, w: Wanted): boolean {
  let rest = text;
  for (;;) {
    const skipped = SKIPPED.exec(rest);
    if (skipped) {
      rest = rest.slice(skipped[0].length);
      continue;
    }
    const m = MATCH.exec(rest);
    if (!m) return /^(?:accept|drop|reject|return|jump|goto|continue|queue|dnat|snat|masquerade|redirect|meta mark set|ct mark set|notrack|tproxy|$)/.test(rest);
    rest = rest.slice(m[0].length);
    const [, proto, state, iif, oif, header, field, not, right] = m;
    if (oif) continue;
    const value = state || iif ? right.replaceAll('"', '') : valueFor(right, not !== undefined);
    if (value === null) return false;
    if (proto) wantProtocol(NUMBERED[value] ?? value, w);
    else if (state) w.state = not ? null : value;
    else if (iif) w.iif = not ? null : value.replace(/[*]$/, '0');
    else if (header === 'th') w.fields.set(`${w.l4 ?? 'tcp'} ${field}`, value);
    else {
      if (header === 'ip' || header === 'ip6') w.family = header === 'ip' ? 4 : 6;
      else w.l4 = header;
      w.fields.set(`${header} ${field}`, value);
    }
  }
}

function wantProtocol(value: string, w: Wanted): void {
  if (value === 'ipv4' || value === 'ipv6') w.family = value === 'ipv4' ? 4 : 6;
  else if (L4.has(value)) w.l4 = value;
}

/** The packet in words; `back`: its answer. */
function wordsOf(w: Wanted, back: boolean): string {
  const l4 = w.l4 ?? 'tcp';
  const family = w.family ?? (l4 === 'icmpv6' ? 6 : 4);
  const swapped: Readonly<Record<string, string>> = { saddr: 'daddr', daddr: 'saddr', sport: 'dport', dport: 'sport' };
  const said = new Map([...w.fields].map(([key, value]) => [back ? key.replace(/\S+$/, (f) => swapped[f] ?? f) : key, value]));
  const of = (header: string): string =>
    [...said]
      .filter(([key]) => key.startsWith(`${header} `))
      .map(([key, value]) => `${key.slice(header.length + 1)} ${value}`)
      .join(' ');
  const network = family === 4 ? 'ip' : 'ip6';
  const transport = of(l4);
  const flags = l4 === 'tcp' && !said.has('tcp flags') ? ` flags ${w.state === 'invalid' ? 'rst' : 'syn'}` : '';
  const echo = (l4 === 'icmp' || l4 === 'icmpv6') && !said.has(`${l4} type`) ? ` type echo-${back ? 'reply' : 'request'}` : '';
  return `${network} ${of(network)} ${l4} ${transport}${flags}${echo}`.replaceAll(/\s+/g, ' ').trim();
}

/** Rules on the way from a base chain to a chain, outermost first; null: nothing leads there. */
function wayTo(table: Table, chain: Chain, depth = 0): readonly Rule[] | null {
  if (chain.hook) return [];
  if (depth > 8) return null;
  for (const from of table.chains)
    for (const rule of from.rules) {
      const jumps = rule.exprs.some((e) => e.kind === 'immediate' && 'verdict' in e.data && 'chain' in e.data.verdict && e.data.verdict.chain === chain.name);
      const before = jumps ? wayTo(table, from, depth + 1) : null;
      if (before) return [...before, rule];
    }
  return null;
}

/** Builds packets for a rule and tries them on fresh hosts. */
export function suggest(row: RuleCoverage, host: () => MemoryHost): Suggestion {
  const first = host();
  const texts = new RuleTexts(first.machine.net, (path) => first.files.read(path));
  const way = wayTo(row.table, row.chain);
  if (!way || row.legacy) return { kind: 'unknown' };
  const w: Wanted = { fields: new Map(), iif: null, state: null, family: row.table.family === 'ip' ? 4 : row.table.family === 'ip6' ? 6 : null, l4: null };
  if (![...way, row.rule].every((r) => want(texts.inNft(row.table, r), w))) return { kind: 'unknown' };
  let met: { readonly report: PacketReport; readonly packet: string } | null = null;
  for (const steps of candidates(w, first)) {
    const tried = attempt(row, steps, host());
    if (tried === 'hit') return { kind: 'packet', steps };
    if (tried) met ??= { report: tried, packet: steps.at(-1)?.send ?? '' };
  }
  return met ? { kind: 'shadowed', by: endOf(met.report), packet: met.packet } : { kind: 'unknown' };
}

const endOf = ({ decision: d, verdict, reason }: PacketReport): string => (d ? `${d.chain}: ${d.text}` : `${verdict}: ${reason ?? 'it never comes to the chain'}`);

type Steps = readonly { readonly in?: string; readonly send: string }[];

/** With values of its own where the rules ask for none. */
const filled = (w: Wanted, more: Readonly<Record<string, string | null>>): Wanted => {
  const fields = new Map(w.fields);
  for (const [key, value] of Object.entries(more)) if (value !== null && !fields.has(key)) fields.set(key, value);
  return { ...w, fields };
};

/** A connection's first packet and its answer, which is the one that is wanted. */
function conversation(w: Wanted, from: string | undefined, to: string | undefined): Steps {
  const l4 = w.l4 ?? 'udp';
  const ports = l4 === 'icmp' || l4 === 'icmpv6' ? {} : { [`${l4} sport`]: l4 === 'tcp' ? '443' : '53', [`${l4} dport`]: '40000' };
  const answer = filled({ ...w, l4 }, { ...ports, [w.family === 6 ? 'ip6 saddr' : 'ip saddr']: w.family === 6 ? '2001:db8:ffff::7' : '203.0.113.7' });
  const text =
    l4 === 'icmp' || l4 === 'icmpv6' ? wordsOf(answer, false).replace('echo-request', 'echo-reply') : wordsOf(answer, false).replace('flags syn', 'flags syn,ack ack 1001');
  const first = wordsOf(answer, true).replace('echo-reply', 'echo-request').replace('flags syn', 'seq 1000 flags syn');
  return [
    { ...(from !== undefined && { in: from }), send: first },
    { ...(to !== undefined && { in: to }), send: text },
  ];
}

/** Ways to say it: on each device that will do, towards the host or through it, and from the host itself. */
function* candidates(w: Wanted, host: MemoryHost): Generator<Steps> {
  const { stack } = host.machine.net;
  const around = new Surroundings(stack);
  const devices = stack.devices.filter((d) => d.type !== 'loopback' && d.up);
  const established = w.state?.includes('established') === true && !w.state.includes('new');
  const family = w.family === 6 ? 6 : 4;
  const daddr = family === 6 ? 'ip6 daddr' : 'ip daddr';
  const sides = w.iif === null ? [...devices.map((d) => d.name), undefined] : [w.iif];
  for (const side of sides) {
    const at = side === undefined ? {} : { in: side };
    const through = devices.filter((d) => d.name !== side).flatMap((d) => around.neighbourAddress(d, family) ?? []);
    for (const to of [null, ...through]) {
      const whole = filled(w, { [daddr]: to && ntop(to) });
      if (!established) yield [{ ...at, send: wordsOf(whole, false) }];
      else for (const other of [undefined, ...devices.map((d) => d.name)]) if (other !== side) yield conversation(whole, other, side);
    }
  }
  if (w.iif === null || w.iif === 'lo') yield [{ send: wordsOf(filled(w, { [daddr]: family === 6 ? '::1' : '127.0.0.1' }), false) }];
}

/** Plays them; `hit` when the rule matched, the last report when it did not, null when they make no packets. */
function attempt(row: RuleCoverage, steps: Steps, host: MemoryHost): 'hit' | PacketReport | null {
  const coverage = new Coverage();
  let report: PacketReport | null = null;
  try {
    for (const s of steps) report = sendPacket(host, s.send, s.in, coverage);
  } catch (e) {
    if (e instanceof PacketError) return null;
    throw e;
  }
  return coverage.hit(row) ? 'hit' : report;
}
