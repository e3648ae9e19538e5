import type { HookState } from '../../net/hook-state.ts';
import type { Skb } from '../../net/skb.ts';
import type { CounterTest } from '../../ipset/set.ts';
import { defineExtension } from '../definition.ts';
import type { Names } from '../definition.ts';
import type { Netns } from '../../netns.ts';
import { wholeNumber } from '../number.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_set_info_match_v4: the set by its index; `dirs` says which of the dimensions are sources. */
export type SetMatchInfo = {
  readonly index: number;
  readonly dirs: readonly ('src' | 'dst')[];
  readonly invert: boolean;
  readonly returnNomatch: boolean;
  readonly skipCounters: boolean;
  readonly skipSubcounters: boolean;
  readonly packets: Counter;
  readonly bytes: Counter;
};
type Counter = { readonly op: 'none' | 'eq' | 'ne' | 'lt' | 'gt'; readonly value: bigint };
const NONE: Counter = { op: 'none', value: 0n };
const MAX_DIMENSIONS = 6;
const MAX_NAME = 31;

/** parse_dirs */
export function parseDirections(text: string): ('src' | 'dst')[] {
  const out: ('src' | 'dst')[] = [];
  for (const word of text.split(',')) {
    if (out.length >= MAX_DIMENSIONS) fail(`Can't be more src/dst options than ${MAX_DIMENSIONS}.`);
    if (word !== 'src' && word !== 'dst') return fail("You must specify (the comma separated list of) 'src' or 'dst'.");
    out.push(word);
  }
  return out;
}

/** get_set_byname: index of a set whose family fits the tool's. */
export function setIndex(net: Netns, family: string, name: string): number {
  const set = net.ipset.byName(name);
  if (!set) return fail(`Set ${name} doesn't exist.\n`);
  const own = set.type.family === 'inet4' ? 'inet' : set.family;
  if (own !== 'unspec' && own !== (family === 'ip6' ? 'inet6' : 'inet'))
    fail(`The protocol family of set ${name} is ${own === 'inet6' ? 'IPv6' : 'IPv4'}, which is not applicable.\n`);
  return net.ipset.indexOf(set);
}

/** libxt_set.h and libxt_set.c: the name is asked of the kernel again. */
function text(i: SetMatchInfo, prefix: string, c: { readonly net: Netns; readonly names: Names }): string {
  const counter = (n: Counter, word: string): string => {
    if (n.op === 'none') return '';
    return `${n.op === 'ne' ? ' !' : ''} ${prefix}${word}-${n.op === 'ne' ? 'eq' : n.op} ${n.value}`;
  };
  const name = c.net.ipset.nameOf(i.index) ?? fail(`Set with index ${i.index} in kernel doesn't exist.\n`);
  return (
    `${i.invert ? ' !' : ''} ${prefix}match-set ${name} ${i.dirs.join(',')}${i.returnNomatch ? ` ${prefix}return-nomatch` : ''}` +
    (i.skipCounters ? ` ! ${prefix}update-counters` : '') +
    (i.skipSubcounters ? ` ! ${prefix}update-subcounters` : '') +
    counter(i.packets, 'packets') +
    counter(i.bytes, 'bytes')
  );
}

const raw = (name: string, argument: 'required' | 'none', letter = '') => ({ name, type: 'raw' as const, invert: true, multi: true, argument, code: letter.charCodeAt(0) });

export const match = defineExtension<SetMatchInfo>({
  kind: 'match',
  name: 'set',
  families: ['ip', 'ip6', 'arp'],
  revision: 4,
  options: [
    raw('match-set', 'required'),
    raw('set', 'required'),
    raw('return-nomatch', 'none', '3'),
    raw('update-counters', 'none', '4'),
    raw('update-subcounters', 'none', 'a'),
    raw('packets-eq', 'required'),
    raw('packets-lt', 'required'),
    raw('packets-gt', 'required'),
    raw('bytes-eq', 'required'),
    raw('bytes-lt', 'required'),
    raw('bytes-gt', 'required'),
  ],
  help: () => `set match options:
 [!] --match-set name flags [--return-nomatch]
   [! --update-counters] [! --update-subcounters]
   [[!] --packets-eq value | --packets-lt value | --packets-gt value
   [[!] --bytes-eq value | --bytes-lt value | --bytes-gt value
		 'name' is the set name from to match,
		 'flags' are the comma separated list of
		 'src' and 'dst' specifications.
`,
  init: () => ({ index: -1, dirs: [], invert: false, returnNomatch: false, skipCounters: false, skipSubcounters: false, packets: NONE, bytes: NONE }),
  parse(o, draft, context) {
    const info = draftOf<SetMatchInfo>(draft);
    switch (o.name) {
      case 'set':
      case 'match-set': {
        if (o.name === 'set') context.warn('--set option deprecated, please use --match-set\n');
        if (info.dirs.length) fail('--match-set can be specified only once');
        if (o.inverted) info.invert = true;
        const dirs = o.take();
        if (dirs === undefined) fail('--match-set requires two args.');
        const name = o.raw ?? '';
        if (name.length > MAX_NAME) fail(`setname \`${name}' too long, max ${MAX_NAME} characters.`);
        info.index = setIndex(context.net, context.family, name);
        info.dirs = parseDirections(dirs);
        break;
      }
      case 'return-nomatch':
        if (o.inverted) fail('--return-nomatch flag cannot be inverted');
        info.returnNomatch = true;
        break;
      case 'update-counters':
        if (o.inverted) info.skipCounters = true;
        break;
      case 'update-subcounters':
        if (o.inverted) info.skipSubcounters = true;
        break;
      default: {
        const [what, op] = o.name.split('-') as ['packets' | 'bytes', 'eq' | 'lt' | 'gt'];
        if (info[what].op !== 'none') fail(`only one of the --${what}-[eq|lt|gt] is allowed`);
        if (o.inverted && op !== 'eq') fail(`--${what}-${op} option cannot be inverted`);
        const value = wholeNumber(o.raw ?? '') ?? fail(`Cannot parse ${o.raw} as a counter value`);
        info[what] = { op: o.inverted ? 'ne' : op, value };
      }
    }
  },
  finish(draft) {
    const info = draftOf<SetMatchInfo>({ ...draft });
    if (info.dirs.length === 0) fail("You must specify `--match-set' with proper arguments");
    return info;
  },
  save: (i, c) => text(i, '--', c),
  print: (i, c) => text(i, '', c),
  /** xt_set.c: set_match_v4_checkentry */
  check(i, c) {
    const set = c.net.ipset.at(i.index);
    if (!set) return 'ENOENT';
    return i.dirs.length > MAX_DIMENSIONS ? 'ERANGE' : null;
  },
  match(i, skb: Skb, state: HookState) {
    const counter = (n: Counter): CounterTest | undefined => (n.op === 'none' ? undefined : { op: n.op, value: n.value });
    const packets = counter(i.packets);
    const bytes = counter(i.bytes);
    const flags = i.dirs.reduce((bits, dir, n) => (dir === 'src' ? bits | (2 << n) : bits), 0);
    const found = state.net.ipset.test(i.index, skb, state, {
      dim: i.dirs.length,
      flags,
      returnNomatch: i.returnNomatch,
      skipCounterUpdate: i.skipCounters,
      skipSubcounterUpdate: i.skipSubcounters,
      ...(packets && { packets }),
      ...(bytes && { bytes }),
    });
    return found !== i.invert;
  },
});
