import { macText, parseMac } from '../../address.ts';
import { defineExtension } from '../../definition.ts';
import { onlyProto, verdictOf } from '../../ebt.ts';
import { paramProblem } from '../../text.ts';

/** struct ebt_arpreply_info */
type Info = { readonly mac: Uint8Array; readonly verdict: string };

export const target = defineExtension<Info>({
  kind: 'target',
  name: 'arpreply',
  families: ['bridge'],
  revision: 0,
  options: [{ name: 'arpreply-mac', type: 'string' }, { name: 'arpreply-target', type: 'string' }],
  help: () => `arpreply target options:
 --arpreply-mac address           : source MAC of generated reply
 --arpreply-target target         : ACCEPT, DROP, RETURN or CONTINUE
                                    (standard target is DROP)
`,
  init: () => ({ mac: new Uint8Array(6), verdict: 'DROP' }),
  parse(o, d) {
    if (o.name === 'arpreply-target') { d['verdict'] = verdictOf(o.raw ?? '', 'arpreply-target'); return; }
    const mac = parseMac(o.raw ?? '');
    if (!mac) throw paramProblem('Problem with specified --arpreply-mac mac');
    d['mac'] = mac;
  },
  finish: (d) => ({ ...d }) as unknown as Info,
  save: (i) => ` --arpreply-mac ${macText(i.mac)}${i.verdict === 'DROP' ? '' : ` --arpreply-target ${i.verdict}`}`,
  print(i, c) { return this.save(i, c); },
  check: (_, c) => (c.table === 'nat' && !(c.hookMask & ~1) ? onlyProto(c, 0x806) : 'EINVAL'),
});
