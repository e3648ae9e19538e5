import type { XtExtension, XtFamily } from '../definition.ts';
import { hopLimit } from '../packet.ts';
import { paramProblem } from '../text.ts';
import { fields, misplaced } from './_common.ts';
import { setHopLimit } from './_mangle.ts';

export type HopInfo = { readonly mode: 'set' | 'dec' | 'inc'; readonly value: number };

const WORDS = { set: 'set to', dec: 'decrement by', inc: 'increment by' } as const;
const MODES = ['set', 'dec', 'inc'] as const;

/** TTL and HL are one extension twice (net/netfilter/xt_HL.c). */
export function hopTarget(name: string, word: string, family: XtFamily, help: string): XtExtension<HopInfo> {
  return {
    kind: 'target',
    name,
    families: [family],
    revision: 0,
    options: MODES.map((mode) => ({
      name: `${word}-${mode}`,
      type: 'uint8',
      min: mode === 'set' ? 0 : 1,
      max: 255,
      excludes: (['set', 'inc', 'dec'] as const).filter((m) => m !== mode).map((m) => `${word}-${m}`),
    })),
    help: () => help,
    init: () => ({ mode: 'set', value: 0 }),
    parse(o, d) {
      const mode = MODES.find((m) => o.name === `${word}-${m}`);
      if (mode) fields<HopInfo>(d).mode = mode;
      fields<HopInfo>(d).value = Number(o.value);
    },
    finish(d, c) {
      if (c.seen.size === 0) throw paramProblem(`${name}: You must specify an action`);
      const { mode, value } = fields<HopInfo>(d);
      return { mode, value };
    },
    save: (i) => ` --${word}-${i.mode} ${i.value}`,
    print: (i) => ` ${name} ${WORDS[i.mode]} ${i.value}`,
    check: (_, c) => misplaced({ table: 'mangle' }, c),
    target(i, skb) {
      const old = hopLimit(skb);
      const hops = i.mode === 'set' ? i.value : i.mode === 'inc' ? Math.min(255, old + i.value) : Math.max(0, old - i.value);
      if (hops !== old) setHopLimit(skb, hops);
      return 'continue';
    },
  };
}
