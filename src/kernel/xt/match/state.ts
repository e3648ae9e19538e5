import { CT, conntrackTests, dumpConntrack, emptyConntrack, matchConntrack, parseStates, translateConntrack } from '../conntrack-info.ts';
import type { ConntrackInfo } from '../conntrack-info.ts';
import { defineExtension } from '../definition.ts';
import { draftOf } from '../value.ts';

/** Old name of `conntrack --ctstate`: stored as conntrack, told apart by a flag. */
export const match = defineExtension<ConntrackInfo>({
  kind: 'match',
  name: 'state',
  realName: 'conntrack',
  families: ['ip', 'ip6', 'arp'],
  revision: 3,
  options: [{ name: 'state', type: 'string', invert: true, mandatory: true }],
  help: () => `state match options:
 [!] --state [INVALID|ESTABLISHED|NEW|RELATED|UNTRACKED][,...]
				State(s) to match
`,
  init: () => ({ ...emptyConntrack() }),
  parse(o, draft) {
    const info = draftOf<ConntrackInfo>(draft);
    info.state_mask = parseStates(o.raw ?? '', 'state');
    info.match_flags = CT.STATE | CT.STATE_ALIAS;
    if (o.inverted) info.invert_flags |= CT.STATE;
  },
  finish: (draft) => draftOf<ConntrackInfo>({ ...draft }),
  save: (i, c) => dumpConntrack(i, '--', c, true),
  saveName: (i) => (i.match_flags & CT.STATE_ALIAS ? 'state' : 'conntrack'),
  print: (i, c) => dumpConntrack(i, '', c, c.numeric),
  translate: translateConntrack,
  tests: conntrackTests,
  match: matchConntrack,
});
