import { setType } from '../../kernel/ipset/generated/index.ts';
import type { Completer } from '../completer.ts';
import { COMMANDS } from './arguments.ts';

export const completer: Completer = {
  knows: (name) => name === 'ipset',
  *complete(before, host) {
    if (before.length === 1) yield* COMMANDS.map((c) => c.names[0]);
    else if (before[1] === 'create' && before.length === 3) yield* setType.map((t) => t.name);
    else if (before[1] === 'create') yield* ['family', 'hashsize', 'maxelem', 'timeout', 'counters', 'comment', 'skbinfo', 'range', 'netmask', 'size', 'forceadd'];
    else if (before.length === 2 || before[1] === 'swap') yield* host.net.ipset.all().map((s) => s.name);
    else if (before[1] === 'add') yield* ['timeout', 'nomatch', 'packets', 'bytes', 'comment', 'skbmark', 'skbprio', 'skbqueue'];
  },
};
