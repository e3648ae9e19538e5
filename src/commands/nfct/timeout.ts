import { HZ } from '../../kernel/clock.ts';
import { strerror } from '../../kernel/errno.ts';
import { protocols } from '../../kernel/net/names/database.ts';
import type { Netns } from '../../kernel/netns.ts';
import { fail, NfctError, netlink } from './error.ts';
import { PROTOCOLS } from './timeout-words.ts';
import type { TimeoutProtocol } from './timeout-words.ts';

const FAMILIES: Readonly<Record<string, number>> = { inet: 2, inet6: 10 };

/** Names have 31 characters at most (CTNL_TIMEOUT_NAME_MAX). */
const cut = (name: string): string => name.slice(0, 31);

/** Seconds as the kernel keeps them: jiffies in 32 bits without a sign, so big ones come back smaller. */
const kept = (seconds: number): number => Math.floor(((seconds * HZ) % 2 ** 32) / HZ);
const shown = (seconds: number): number => Math.floor(((seconds * HZ) >>> 0) / HZ);

function family(word: string): number {
  const f = FAMILIES[word];
  if (f === undefined) return fail('unknown layer 3 protocol');
  return f;
}

/** Names of /etc/protocols, and two that are not there; messages say what was given. One without timeouts can still be named. */
function protocol(word: string): TimeoutProtocol {
  const number = protocols().number(word) ?? { icmpv6: 58, generic: 255 }[word];
  if (number === undefined) return fail('unknown layer 4 protocol');
  const known = PROTOCOLS.find((p) => p.number === number);
  return known ? { ...known, name: word } : { name: word, number, table: null, words: [], first: 0 };
}

const U64_MAX = 0xffffffffffffffffn;
/** strtoul in base 10, cut to 32 bits; beyond 64 bits it says ERANGE, which a later complaint about a missing value repeats. */
function decimal(text: string): { readonly value: number; readonly outOfRange: boolean } {
  const m = /^\s*([+-]?)(\d+)/.exec(text);
  if (!m) return { value: 0, outOfRange: false };
  const n = BigInt(m[2]);
  const outOfRange = n > U64_MAX;
  return { value: Number(BigInt.asUintN(32, outOfRange ? U64_MAX : m[1] === '-' ? -n : n)), outOfRange };
}

/** Pairs of state and seconds, by the place in the protocol's table. */
function values(p: TimeoutProtocol, words: readonly string[]): Map<number, number> {
  const out = new Map<number, number>();
  let errno = '';
  for (let i = 0; i < words.length; i += 2) {
    if (words[i + 1] === undefined) fail(`missing value for this timeout${errno}`);
    const at = p.words.findIndex((w) => w.toLowerCase() === words[i].toLowerCase());
    if (at < 0) fail(`Wrong state name: \`${words[i]}' for protocol \`${p.name}'`);
    const { value, outOfRange } = decimal(words[i + 1]);
    if (outOfRange) errno = `: ${strerror('ERANGE')}`;
    out.set(at + p.first, kept(value));
  }
  return out;
}

/** A table with new values laid over it; the first TCP one stands for "none" too. */
function overlay(old: readonly number[], p: TimeoutProtocol, set: ReadonlyMap<number, number>): number[] {
  const next = [...old];
  for (const [i, v] of set) next[i] = v;
  if (p.table === 'tcp' && set.has(1)) next[0] = next[1];
  return next;
}

function block(l3: number, p: TimeoutProtocol, timeouts: readonly number[]): string {
  return `\t.l3proto = ${l3},\n\t.l4proto = ${p.number},\n\t.policy = {\n${p.words.map((w, i) => `\t\t.${w} = ${shown(timeouts[i + p.first] ?? 0)},\n`).join('')}\t},\n};\n`;
}

/** The subsystem `timeout`: what is printed. */
export function timeout(net: Netns, command: string, args: readonly string[]): string {
  const policies = net.conntrack.timeouts;
  const named = (): string => {
    if (args.length < 1) fail('missing timeout policy name');
    if (args.length > 1) fail('too many arguments');
    return cut(args[0]);
  };
  const text = (name: string): string => {
    const policy = policies.find(name) ?? netlink('ENOENT');
    const p = PROTOCOLS.find((x) => x.number === policy.l4proto);
    return p ? `.${name} = {\n${block(policy.l3num, p, policy.timeouts)}` : '';
  };
  switch (command) {
    case 'list':
      if (args.length > 0) fail('too many arguments');
      return policies
        .list()
        .map((p) => text(p.name))
        .join('');
    case 'get':
      return text(named());
    case 'delete': {
      const errno = policies.delete(named());
      return errno ? netlink(errno) : '';
    }
    case 'flush':
      if (args.length > 0) fail('too many arguments');
      for (const p of [...policies.list()]) policies.delete(p.name);
      return '';
    case 'add':
      return add(net, args);
    case 'default-get': {
      if (args.length < 2) throw new NfctError('missing parameters', 'syntax: nfct default-get timeout family protocol');
      const l3 = family(args[0]),
        p = protocol(args[1]);
      return p.table === null ? netlink('EOPNOTSUPP') : block(l3, p, net.conntrack.conf.timeouts[p.table]);
    }
    case 'default-set': {
      if (args.length < 3) throw new NfctError('missing parameters', 'syntax: nfct default-set timeout family protocol state1 timeout1...');
      family(args[0]);
      const p = protocol(args[1]),
        set = values(p, args.slice(2));
      if (p.table === null) return netlink('EOPNOTSUPP');
      const table = net.conntrack.conf.timeouts[p.table];
      for (const [i, v] of overlay(table, p, set).entries()) table[i] = v;
      return '';
    }
    default:
      throw new NfctError('Missing command', 'nfct <list|add|delete|get|default-set|default-get|flush> timeout [<parameters>, ...]');
  }
}

function add(net: Netns, args: readonly string[]): string {
  if (args.length < 3) throw new NfctError('missing parameters', 'syntax: nfct add timeout name family protocol state1 timeout1 ...');
  const [given, l3, l4, ...rest] = args,
    name = cut(given);
  const l3num = family(l3),
    p = protocol(l4),
    set = values(p, rest);
  // Without a policy the message lacks an attribute the kernel wants.
  if (set.size === 0) return netlink('EINVAL');
  if (net.conntrack.timeouts.find(name)) return netlink('EBUSY');
  if (p.table === null) return netlink('EOPNOTSUPP');
  net.conntrack.timeouts.add({ name, l3num, l4proto: p.number, timeouts: overlay(net.conntrack.conf.timeouts[p.table], p, set) });
  return '';
}
