import { CTINFO } from '../../net/skb.ts';
import { defineExtension } from '../definition.ts';
import { wholeUint } from '../number.ts';
import { paramProblem } from '../text.ts';
import { fields } from './_common.ts';
import { checkCt, CT_EVENTS, CT_FLAG, EXP_EVENTS, emptyCt, templateOf } from './_ct.ts';
import type { CtInfo } from './_ct.ts';

function parseEvents(text: string, table: readonly (readonly [string, number])[]): number {
  let mask = 0;
  for (const word of text.split(',')) {
    const row = table.find(([name]) => name === word);
    if (!row) throw paramProblem(`Unknown event type "${word}"`);
    mask |= 1 << row[1];
  }
  return mask;
}

const events = (mask: number, table: readonly (readonly [string, number])[]): string =>
  table
    .filter(([, bit]) => mask & (1 << bit))
    .map(([name]) => name)
    .join(',');

function setZone(d: { flags: number; zone: number }, text: string): void {
  if (text === 'mark') {
    d.flags |= CT_FLAG.ZONE_MARK;
    return;
  }
  const zone = wholeUint(text, 0, 65535);
  if (zone === null) throw paramProblem(`Cannot parse ${text} as a zone ID`);
  d.zone = zone;
}

/** Words of print and save: they differ by the dashes. */
function words(i: CtInfo, dash: string): string {
  const dirs = i.flags & (CT_FLAG.ZONE_ORIG | CT_FLAG.ZONE_REPLY);
  const zone = dirs === CT_FLAG.ZONE_ORIG ? 'zone-orig' : dirs === CT_FLAG.ZONE_REPLY ? 'zone-reply' : 'zone';
  return [
    i.flags & CT_FLAG.NOTRACK ? ` ${dash}notrack` : '',
    i.helper ? ` ${dash}helper ${i.helper}` : '',
    i.timeout ? ` ${dash}timeout ${i.timeout}` : '',
    i.ctEvents ? ` ${dash}ctevents ${events(i.ctEvents, CT_EVENTS)}` : '',
    i.expEvents ? ` ${dash}expevents ${events(i.expEvents, EXP_EVENTS)}` : '',
    i.flags & CT_FLAG.ZONE_MARK ? ` ${dash}${zone} mark` : i.zone ? ` ${dash}${zone} ${i.zone}` : '',
  ].join('');
}

/** extensions/libxt_CT.c, net/netfilter/xt_CT.c (revision 2) */
export const target = defineExtension<CtInfo>({
  kind: 'target',
  name: 'CT',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 2,
  options: [
    { name: 'notrack', type: 'none' },
    { name: 'helper', type: 'string', size: 16 },
    { name: 'timeout', type: 'string', size: 32 },
    { name: 'ctevents', type: 'string' },
    { name: 'expevents', type: 'string' },
    { name: 'zone-orig', type: 'string' },
    { name: 'zone-reply', type: 'string' },
    { name: 'zone', type: 'string' },
  ],
  help: () => `CT target options:
 --notrack			Don't track connection
 --helper name			Use conntrack helper 'name' for connection
 --timeout name 		Use timeout policy 'name' for connection
 --ctevents event[,event...]	Generate specified conntrack events for connection
 --expevents event[,event...]	Generate specified expectation events for connection
 --zone {ID|mark}		Assign/Lookup connection in zone ID/packet nfmark
 --zone-orig {ID|mark}		Same as 'zone' option, but only applies to ORIGINAL direction
 --zone-reply {ID|mark} 	Same as 'zone' option, but only applies to REPLY direction
`,
  init: () => ({ ...emptyCt }),
  parse(o, draft) {
    const d = fields<CtInfo>(draft);
    const text = String(o.value);
    switch (o.name) {
      case 'notrack':
        d.flags |= CT_FLAG.NOTRACK;
        break;
      case 'helper':
        d.helper = text;
        break;
      case 'timeout':
        d.timeout = text;
        break;
      case 'ctevents':
        d.ctEvents = parseEvents(text, CT_EVENTS);
        break;
      case 'expevents':
        d.expEvents = parseEvents(text, EXP_EVENTS);
        break;
      case 'zone-orig':
        setZone(d, text);
        d.flags |= CT_FLAG.ZONE_ORIG;
        break;
      case 'zone-reply':
        setZone(d, text);
        d.flags |= CT_FLAG.ZONE_REPLY;
        break;
      case 'zone':
        setZone(d, text);
        break;
    }
  },
  finish: (d) => ({ ...fields<CtInfo>(d) }),
  save: (i) => (i.flags & CT_FLAG.NOTRACK_ALIAS ? '' : words(i, '--')),
  print: (i) => (i.flags & CT_FLAG.NOTRACK_ALIAS ? ' NOTRACK' : ` CT${words(i, '')}`),
  saveName: (i) => (i.flags & CT_FLAG.NOTRACK_ALIAS ? 'NOTRACK' : 'CT'),
  translate: (i) => (i.flags & CT_FLAG.NOTRACK ? 'notrack' : null),
  check: checkCt,
  target(i, skb, state) {
    if (skb.ct || skb.template || skb.ctinfo === CTINFO.untracked) return 'continue';
    if (i.flags & CT_FLAG.NOTRACK) skb.ctinfo = CTINFO.untracked;
    else skb.template = templateOf(i, state.net);
    return 'continue';
  },
});
