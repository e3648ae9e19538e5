import type { HookState } from '../../net/hook-state.ts';
import type { Skb } from '../../net/skb.ts';
import type { CounterTest } from '../../ipset/set.ts';
import { defineExtension } from '../definition.ts';
import type { Names } from '../definition.ts';
import type { Netns } from '../../netns.ts';
import { wholeNumber } from '../number.ts';
import { NO_SET, parseSetRef, setWords } from '../target/_set.ts';
import type { SetRef } from '../target/_set.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_set_info_match_v4 */
export type SetMatchInfo = {
  readonly ref: SetRef;
  readonly invert: boolean;
  readonly returnNomatch: boolean;
  readonly skipCounters: boolean;
  readonly skipSubcounters: boolean;
  readonly packets: Counter;
  readonly bytes: Counter;
};
type Counter = { readonly op: 'none' | 'eq' | 'ne' | 'lt' | 'gt'; readonly value: bigint };
const NONE: Counter = { op: 'none', value: 0n };

/** libxt_set.h and libxt_set.c: the name is asked of the kernel again. */
function text(i: SetMatchInfo, prefix: string, c: { readonly net: Netns; readonly names: Names }): string {
  const counter = (n: Counter, word: string): string => {
    if (n.op === 'none') return '';
    return `${n.op === 'ne' ? ' !' : ''} ${prefix}${word}-${n.op === 'ne' ? 'eq' : n.op} ${n.value}`;
  };
  if (c.net.ipset.nameOf(i.ref.index) === undefined) fail(`Set with index ${i.ref.index} in kernel doesn't exist.\n`);
  return (
    `${i.invert ? ' !' : ''} ${prefix}match-set ${setWords(i.ref, c.net)}${i.returnNomatch ? ` ${prefix}return-nomatch` : ''}` +
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
  init: () => ({ ref: NO_SET, invert: false, returnNomatch: false, skipCounters: false, skipSubcounters: false, packets: NONE, bytes: NONE }),
  parse(o, draft, context) {
    const info = draftOf<SetMatchInfo>(draft);
    switch (o.name) {
      case 'set':
      case 'match-set':
        if (o.name === 'set') context.warn('--set option deprecated, please use --match-set\n');
        info.ref = parseSetRef(o, info.ref, context.net, context.family);
        if (o.inverted) info.invert = true;
        break;
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
    if (info.ref.dim === 0) fail("You must specify `--match-set' with proper arguments");
    return info;
  },
  save: (i, c) => text(i, '--', c),
  print: (i, c) => text(i, '', c),
  /** xt_set.c: set_match_v4_checkentry */
  check(i, c) {
    return c.net.ipset.at(i.ref.index) ? null : 'ENOENT';
  },
  match(i, skb: Skb, state: HookState) {
    const counter = (n: Counter): CounterTest | undefined => (n.op === 'none' ? undefined : { op: n.op, value: n.value });
    const packets = counter(i.packets);
    const bytes = counter(i.bytes);
    const found = state.net.ipset.test(i.ref.index, skb, state, {
      dim: i.ref.dim,
      flags: i.ref.flags,
      returnNomatch: i.returnNomatch,
      skipCounterUpdate: i.skipCounters,
      skipSubcounterUpdate: i.skipSubcounters,
      ...(packets && { packets }),
      ...(bytes && { bytes }),
    });
    return found !== i.invert;
  },
});
