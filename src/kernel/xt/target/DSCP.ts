import { defineExtension } from '../definition.ts';
import { classToDscp, paramProblem } from '../text.ts';
import { dsField } from '../packet.ts';
import { fields, hex2, misplaced } from './_common.ts';
import { setDsField } from './_mangle.ts';

type Info = { readonly dscp: number };

/** extensions/libxt_DSCP.c, net/netfilter/xt_DSCP.c */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'DSCP',
  families: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'set-dscp', type: 'uint8', max: 63, excludes: ['set-dscp-class'] },
    { name: 'set-dscp-class', type: 'string', excludes: ['set-dscp'] },
  ],
  help: () => `DSCP target options
  --set-dscp value		Set DSCP field in packet header to value
  		                This value can be in decimal (ex: 32)
               		or in hex (ex: 0x20)
  --set-dscp-class class	Set the DSCP field in packet header to the
				value represented by the DiffServ class value.
				This class may be EF,BE or any of the CSxx
				or AFxx classes.

				These two options are mutually exclusive !
`,
  init: () => ({ dscp: 0 }),
  parse(o, d) {
    fields<Info>(d).dscp = o.name === 'set-dscp' ? Number(o.value) : classToDscp(String(o.value));
  },
  finish(d, c) {
    if (c.seen.size === 0) throw paramProblem('DSCP target: Parameter --set-dscp is required');
    return { dscp: fields<Info>(d).dscp };
  },
  save: (i) => ` --set-dscp ${hex2(i.dscp)}`,
  print: (i) => ` DSCP set ${hex2(i.dscp)}`,
  translate: (i, c) => `${c.family === 'ip6' ? 'ip6' : 'ip'} dscp set ${hex2(i.dscp)}`,
  check: (_, c) => misplaced({ table: 'mangle' }, c),
  target(i, skb) {
    setDsField(skb, (dsField(skb) & 3) | (i.dscp << 2));
    return 'continue';
  },
});
