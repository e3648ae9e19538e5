import { defineExtension } from '../definition.ts';
import { networkTest, nothing, saidTests } from '../field-tests.ts';
import { dsField } from '../packet.ts';
import { classToDscp } from '../text.ts';
import { draftOf, fail, hex, numberOf } from '../value.ts';

/** struct xt_dscp_info */
type DscpInfo = { readonly dscp: number; readonly invert: boolean };

export const match = defineExtension<DscpInfo>({
  kind: 'match',
  name: 'dscp',
  families: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'dscp', type: 'uint8', min: 0, max: 63, invert: true, excludes: ['dscp-class'] },
    { name: 'dscp-class', type: 'string', invert: true, excludes: ['dscp'] },
  ],
  help: () => `dscp match options
[!] --dscp value		Match DSCP codepoint with numerical value
  		                This value can be in decimal (ex: 32)
               		or in hex (ex: 0x20)
[!] --dscp-class name		Match the DiffServ class. This value may
				be any of the BE,EF, AFxx or CSx classes

				These two options are mutually exclusive !
`,
  init: () => ({ dscp: 0, invert: false }),
  parse(o, draft) {
    if (o.name === 'dscp') draft['dscp'] = numberOf(o);
    else draft['dscp'] = classToDscp(o.raw ?? '');
    if (o.inverted) draft['invert'] = true;
  },
  finish(draft, context) {
    if (context.seen.size === 0) fail('DSCP match: Parameter --dscp is required');
    return draftOf<DscpInfo>({ ...draft });
  },
  save: (i) => `${i.invert ? ' !' : ''} --dscp 0x${hex(i.dscp, 2)}`,
  print: (i) => ` DSCP match ${i.invert ? '!' : ''}0x${hex(i.dscp, 2)}`,
  translate: (i, c) => `${c.family === 'ip6' ? 'ip6' : 'ip'} dscp ${i.invert ? '!= ' : ''}0x${hex(i.dscp, 2)}`,
  check: (i) => (i.dscp > 63 ? 'ERANGE' : null),
  tests: (i, family) => (family === 'ip' ? saidTests(networkTest(1, 1, 0xfc, [[i.dscp << 2, i.dscp << 2]], i.invert)) : nothing),
  match: (i, skb) => (dsField(skb) >> 2 === i.dscp) !== i.invert,
});
