import { CT, conntrackTests, dumpConntrack, emptyConntrack, matchConntrack, parseStates, parseStatuses, setFlag, translateConntrack } from '../conntrack-info.ts';
import type { ConntrackInfo, Net } from '../conntrack-info.ts';
import { defineExtension } from '../definition.ts';
import { badValue, draftOf, fail, numberOf, rangeOf } from '../value.ts';

const ADDRESS = { ctorigsrc: ['origsrc', CT.ORIGSRC], ctorigdst: ['origdst', CT.ORIGDST], ctreplsrc: ['replsrc', CT.REPLSRC], ctrepldst: ['repldst', CT.REPLDST] } as const;
const PORT = {
  ctorigsrcport: ['origsrc_port', CT.ORIGSRC_PORT],
  ctorigdstport: ['origdst_port', CT.ORIGDST_PORT],
  ctreplsrcport: ['replsrc_port', CT.REPLSRC_PORT],
  ctrepldstport: ['repldst_port', CT.REPLDST_PORT],
} as const;
const isKey = <T extends object>(table: T, key: string): key is keyof T & string => Object.hasOwn(table, key);

export const match = defineExtension<ConntrackInfo>({
  kind: 'match',
  name: 'conntrack',
  families: ['ip', 'ip6'],
  revision: 3,
  options: [
    { name: 'ctstate', type: 'string', invert: true },
    { name: 'ctproto', type: 'protocol', invert: true },
    { name: 'ctorigsrc', type: 'hostmask', invert: true },
    { name: 'ctorigdst', type: 'hostmask', invert: true },
    { name: 'ctreplsrc', type: 'hostmask', invert: true },
    { name: 'ctrepldst', type: 'hostmask', invert: true },
    { name: 'ctorigsrcport', type: 'portrc', invert: true },
    { name: 'ctorigdstport', type: 'portrc', invert: true },
    { name: 'ctreplsrcport', type: 'portrc', invert: true },
    { name: 'ctrepldstport', type: 'portrc', invert: true },
    { name: 'ctstatus', type: 'string', invert: true },
    { name: 'ctexpire', type: 'uint32rc', invert: true },
    { name: 'ctdir', type: 'string' },
  ],
  help: () => `conntrack match options:
[!] --ctstate {INVALID|ESTABLISHED|NEW|RELATED|UNTRACKED|SNAT|DNAT}[,...]
                               State(s) to match
[!] --ctproto proto            Protocol to match; by number or name, e.g. "tcp"
[!] --ctorigsrc address[/mask]
[!] --ctorigdst address[/mask]
[!] --ctreplsrc address[/mask]
[!] --ctrepldst address[/mask]
                               Original/Reply source/destination address
[!] --ctorigsrcport port
[!] --ctorigdstport port
[!] --ctreplsrcport port
[!] --ctrepldstport port
                               TCP/UDP/SCTP orig./reply source/destination port
[!] --ctstatus {NONE|EXPECTED|SEEN_REPLY|ASSURED|CONFIRMED}[,...]
                               Status(es) to match
[!] --ctexpire time[:time]     Match remaining lifetime in seconds against
                               value or range of values (inclusive)
    --ctdir {ORIGINAL|REPLY}   Flow direction of packet
`,
  init: () => ({ ...emptyConntrack() }),
  parse(o, draft) {
    const info = draftOf<ConntrackInfo>(draft);
    const value = o.raw ?? '';
    if (isKey(ADDRESS, o.name)) {
      const [field, flag] = ADDRESS[o.name];
      const net = o.value as Net;
      info[field] = { address: net.address, mask: net.mask };
      return setFlag(info, flag, o);
    }
    if (isKey(PORT, o.name)) {
      const [field, flag] = PORT[o.name];
      info[field] = rangeOf(o);
      return setFlag(info, flag, o);
    }
    switch (o.name) {
      case 'ctstate':
        info.state_mask = parseStates(value, 'ctstate');
        return setFlag(info, CT.STATE, o);
      case 'ctproto':
        info.l4proto = numberOf(o);
        if (info.l4proto === 0) fail(o.inverted ? 'conntrack: condition would always match protocol' : 'conntrack: rule would never match protocol');
        return setFlag(info, CT.PROTO, o);
      case 'ctstatus':
        info.status_mask = parseStatuses(value);
        return setFlag(info, CT.STATUS, o);
      case 'ctexpire':
        info.expires = rangeOf(o);
        return setFlag(info, CT.EXPIRES, o);
      default: {
        const word = value.toUpperCase();
        if (word !== 'ORIGINAL' && word !== 'REPLY') badValue('conntrack', '--ctdir', value);
        info.match_flags |= CT.DIRECTION;
        info.invert_flags = word === 'REPLY' ? info.invert_flags | CT.DIRECTION : info.invert_flags & ~CT.DIRECTION;
      }
    }
  },
  finish(draft, context) {
    if (context.seen.size === 0) fail('conntrack: At least one option is required');
    return draftOf<ConntrackInfo>({ ...draft });
  },
  save: (i, c) => dumpConntrack(i, '--', c, true),
  saveName: (i) => (i.match_flags & CT.STATE_ALIAS ? 'state' : 'conntrack'),
  print: (i, c) => dumpConntrack(i, '', c, c.numeric),
  translate: translateConntrack,
  tests: conntrackTests,
  match: matchConntrack,
});
