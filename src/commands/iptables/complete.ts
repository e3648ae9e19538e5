import { allMatches, allTargets, findMatch, findTarget, STANDARD } from '../../parsers/xtables/registry.ts';
import { optionTable } from '../../parsers/xtables/option-table.ts';
import type { XtExtension, XtFamily } from '../../kernel/xt/definition.ts';
import type { Host } from '../../host/host.ts';
import type { Completer } from '../completer.ts';
import { BUILTIN } from './family.ts';

const PROTOCOLS: Readonly<Record<XtFamily, readonly string[]>> = {
  ip: ['tcp', 'udp', 'udplite', 'icmp', 'sctp', 'dccp', 'esp', 'ah', 'gre', 'all'],
  ip6: ['tcp', 'udp', 'udplite', 'icmpv6', 'sctp', 'dccp', 'esp', 'ah', 'gre', 'all'],
  arp: [],
  bridge: ['IPv4', 'IPv6', 'ARP', 'LENGTH', '802_1Q'],
};
const TAKES_CHAIN = /^(?:-[ADCFILPRSXZE]|--(?:append|delete|check|flush|insert|list|policy|replace|list-rules|delete-chain|zero|rename-chain))$/;

const after = (words: readonly string[], ...options: readonly string[]): string | undefined => {
  const at = words.findLastIndex((w) => options.includes(w));
  return at < 0 ? undefined : words[at + 1];
};

/** Matches and targets whose options the words before have made known. */
function loaded(family: XtFamily, words: readonly string[]): XtExtension[] {
  const found = words.flatMap((word, i) => {
    const before = words[i - 1];
    if (before === '-m' || before === '--match') return findMatch(family, word);
    if (before === '-j' || before === '--jump') return findTarget(family, word);
    return before === '-p' || before === '--protocol' ? findMatch(family, word) : undefined;
  });
  return found.filter((e) => e !== undefined);
}

/** Tables, chains, extensions, their options, devices and sets. */
function* candidates(family: XtFamily, words: readonly string[], host: Host): Generator<string> {
  const last = words.at(-1) ?? '';
  const name = after(words, '-t', '--table') ?? 'filter';
  const table = host.net.nft.ruleset.tables.find((t) => t.family === family && t.name === name);
  const builtin = BUILTIN[family].find((t) => t.name === name)?.chains.map((c) => c.name) ?? [];
  const chains = new Set([...builtin, ...(table?.chains.map((c) => c.name) ?? [])]);
  if (last === '-t' || last === '--table') yield* BUILTIN[family].map((t) => t.name);
  else if (TAKES_CHAIN.test(last)) yield* chains;
  else if (last === '-j' || last === '--jump' || last === '-g' || last === '--goto') {
    yield* [...chains].filter((c) => !builtin.includes(c));
    if (last.includes('j')) yield* [...STANDARD, ...allTargets(family).map((e) => e.name)];
  } else if (last === '-m' || last === '--match') yield* allMatches(family).map((e) => e.name);
  else if (last === '-p' || last === '--protocol') yield* PROTOCOLS[family];
  else if (/^(?:-[io]|--(?:in|out)-interface)$/.test(last)) yield* host.net.stack.devices.map((d) => d.name);
  else if (/^--(?:match|add|del|map)-set$/.test(last)) yield* host.net.ipset.all().map((s) => s.name);
  else if (last === '-P' || words.at(-2) === '-P') yield* ['ACCEPT', 'DROP'];
  else yield* optionTable(family, loaded(family, words)).long.map((o) => `--${o.name}`);
}

const NAME = /^(ip|ip6|arp|eb)tables(?:-nft|-legacy)?$/;
const FAMILY: Readonly<Record<string, XtFamily>> = { ip: 'ip', ip6: 'ip6', arp: 'arp', eb: 'bridge' };

export const completer: Completer = {
  knows: (name) => NAME.test(name),
  complete: (before, host) => candidates(FAMILY[NAME.exec(before[0])?.[1] ?? 'ip'], before.slice(1), host),
};
