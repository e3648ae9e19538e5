import type { SkbInfo } from '../../ipset/entry.ts';
import { defineExtension } from '../definition.ts';
import { wholeUint } from '../number.ts';
import { paramProblem } from '../text.ts';
import { fields, HOOK } from './_common.ts';
import { NO_SET, parseSetRef, setWords } from './_set.ts';
import type { SetRef } from './_set.ts';

type Info = {
  readonly add: SetRef;
  readonly del: SetRef;
  readonly map: SetRef;
  readonly exist: boolean;
  readonly timeout: number;
  readonly mark: boolean;
  readonly prio: boolean;
  readonly queue: boolean;
};

const NO_TIMEOUT = 0xffffffff;
const MAX_TIMEOUT = 2147483;
const MAPS = ['mark', 'prio', 'queue'] as const;

/** extensions/libxt_SET.c, net/netfilter/xt_set.c (revision 3). Its option parser is the old kind: an exclamation mark says nothing. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'SET',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 3,
  options: [
    ...['add-set', 'del-set', 'map-set', 'timeout'].map((name) => ({ name, type: 'raw' as const, invert: true, multi: true })),
    ...(
      [
        ['exist', '3'],
        ['map-mark', '6'],
        ['map-prio', '7'],
        ['map-queue', '8'],
      ] as const
    ).map(([name, code]) => ({ name, type: 'raw' as const, argument: 'none' as const, invert: true, multi: true, code: code.charCodeAt(0) })),
  ],
  help: () => `SET target options:
 --add-set name flags [--exist] [--timeout n]
 --del-set name flags
 --map-set name flags [--map-mark] [--map-prio] [--map-queue]
		add/del src/dst IP/port from/to named sets,
		where flags are the comma separated list of
		'src' and 'dst' specifications.
`,
  init: () => ({ add: NO_SET, del: NO_SET, map: NO_SET, exist: false, timeout: NO_TIMEOUT, mark: false, prio: false, queue: false }),
  parse(o, draft, c) {
    const d = fields<Info>(draft);
    switch (o.name) {
      case 'add-set':
        d.add = parseSetRef(o, d.add, c.net, c.family);
        break;
      case 'del-set':
        d.del = parseSetRef(o, d.del, c.net, c.family);
        break;
      case 'map-set':
        d.map = parseSetRef(o, d.map, c.net, c.family);
        break;
      case 'exist':
        d.exist = true;
        break;
      case 'map-mark':
        d.mark = true;
        break;
      case 'map-prio':
        d.prio = true;
        break;
      case 'map-queue':
        d.queue = true;
        break;
      case 'timeout': {
        const n = wholeUint(o.raw ?? '', 0, NO_TIMEOUT - 1);
        if (n === null) throw paramProblem(`Invalid value for option --timeout or out of range 0-${NO_TIMEOUT - 1}`);
        d.timeout = n;
        break;
      }
    }
  },
  finish(draft, c) {
    const d = fields<Info>(draft);
    const said = (name: string): boolean => c.seen.has(name);
    if (!said('add-set') && !said('del-set') && !said('map-set')) throw paramProblem("You must specify either `--add-set' or `--del-set' or `--map-set'");
    if (!said('add-set')) {
      if (said('exist')) throw paramProblem("Flag `--exist' can be used with `--add-set' only");
      if (said('timeout')) throw paramProblem("Option `--timeout' can be used with `--add-set' only");
    }
    for (const m of MAPS) if (!said('map-set') && said(`map-${m}`)) throw paramProblem(`Flag \`--map-${m}' can be used with \`--map-set' only`);
    if (said('map-set') && !d.mark && !d.prio && !d.queue) throw paramProblem("You must specify flags `--map-mark' or '--map-prio` or `--map-queue'");
    return { ...d };
  },
  save: (i, c) => words(i, '--', (r) => setWords(r, c.net)),
  print: (i, c) => words(i, '', (r) => setWords(r, c.net)),
  check(i, c) {
    for (const r of [i.add, i.del, i.map]) if (r.dim && !c.net.ipset.at(r.index)) return 'ENOENT';
    if (i.map.dim && (c.table !== 'mangle' || ((i.prio || i.queue) && c.hookMask & ~(HOOK.FWD | HOOK.OUT | HOOK.POST)))) return 'EINVAL';
    return [i.add, i.del, i.map].some((r) => r.dim > 6) ? 'ERANGE' : null;
  },
  target(i, skb, state) {
    const sets = state.net.ipset;
    const timeout = i.timeout === NO_TIMEOUT ? undefined : Math.min(i.timeout, MAX_TIMEOUT);
    if (i.add.dim) sets.packetChange('add', i.add.index, skb, state, { dim: i.add.dim, flags: i.add.flags, exist: i.exist, timeout });
    if (i.del.dim) sets.packetChange('del', i.del.index, skb, state, { dim: i.del.dim, flags: i.del.flags });
    if (!i.map.dim) return 'continue';
    const found: SkbInfo[] = [];
    if (!sets.test(i.map.index, skb, state, { dim: i.map.dim, flags: i.map.flags, found: (info) => found.push(info) })) return 'continue';
    const info = found.at(-1) ?? { mark: 0, markmask: 0, prio: 0, queue: 0 };
    if (i.mark) skb.mark = ((skb.mark & ~info.markmask) ^ info.mark) >>> 0;
    if (i.prio) skb.priority = info.prio;
    return 'continue';
  },
});

function words(i: Info, dash: string, set: (r: SetRef) => string): string {
  return [
    i.add.dim ? ` ${dash}add-set ${set(i.add)}` : '',
    i.add.dim && i.exist ? ` ${dash}exist` : '',
    i.add.dim && i.timeout !== NO_TIMEOUT ? ` ${dash}timeout ${i.timeout}` : '',
    i.del.dim ? ` ${dash}del-set ${set(i.del)}` : '',
    i.map.dim
      ? ` ${dash}map-set ${set(i.map)}${MAPS.filter((m) => i[m])
          .map((m) => ` ${dash}map-${m}`)
          .join('')}`
      : '',
  ].join('');
}
