import type { Host } from '../../host/host.ts';
import { expected, type ParseEnv } from '../../parsers/nft/index.ts';
import type { Completer } from '../completer.ts';

const FAMILIES: readonly string[] = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'];

const NOTHING: ParseEnv = {
  glob: () => [],
  readFile: () => ({ error: '' }),
  includePaths: [],
  datatype: () => ({ id: 'integer', byteorder: 'big', size: 0 }),
};

/** Names of the ruleset that fit after the words: of tables, and of what is in the table that was named. */
function* names(words: readonly string[], host: Host): Generator<string> {
  const { tables } = host.net.nft.ruleset;
  const last = words.at(-1) ?? '';
  if (/^[io]ifname$/.test(last)) yield* host.net.stack.devices.map((d) => d.name);
  else if (FAMILIES.includes(last)) yield* tables.filter((t) => t.family === last).map((t) => t.name);
  else if (/^(?:table|chain|rule|set|map|element|flowtable|counter|quota|limit)$/.test(last)) yield* tables.filter((t) => t.family === 'ip').map((t) => t.name);
  else {
    const named = (word: string | undefined, family: string | undefined) => tables.filter((t) => t.name === word && t.family === (FAMILIES.includes(family ?? '') ? family : 'ip'));
    const jumps = last === 'jump' || last === 'goto';
    const at = jumps || last === '@' ? words.findIndex((w, i) => named(w, words[i - 1]).length > 0) : words.length - 1;
    for (const t of named(words[at], words[at - 1])) {
      if (last !== '@') yield* t.chains.map((c) => c.name);
      if (!jumps) yield* t.sets.filter((s) => !s.flags.anonymous).map((s) => s.name);
      if (!jumps && last !== '@') yield* t.objects.map((o) => o.name);
    }
  }
}

export const completer: Completer = {
  knows: (name) => name === 'nft',
  *complete(before, host) {
    const words = before.slice(1).filter((w) => !/^-[a-z]+$/i.test(w));
    const { words: keywords, name } = expected(`${words.join(' ')} `, NOTHING);
    yield* keywords;
    if (name) yield* names(words, host);
    if (words.length === 0) yield* ['-f', '-c', '-a', '-j', '-n', '-s', '-t', '-e', '-i', '-o', '-I', '-D'];
  },
};
