import { defineExtension } from '../definition.ts';
import { draftOf, numberOf } from '../value.ts';

/** struct xt_cpu_info. All work of a host is on CPU 0. */
type CpuInfo = { readonly cpu: number; readonly invert: boolean };

export const match = defineExtension<CpuInfo>({
  kind: 'match',
  name: 'cpu',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [{ name: 'cpu', type: 'uint32', invert: true, mandatory: true }],
  help: () => `cpu match options:
[!] --cpu number   Match CPU number
`,
  init: () => ({ cpu: 0, invert: false }),
  parse(o, draft) {
    draft['cpu'] = numberOf(o);
    draft['invert'] = o.inverted;
  },
  finish: (draft) => draftOf<CpuInfo>({ ...draft }),
  save: (i) => `${i.invert ? ' !' : ''} --cpu ${i.cpu}`,
  print: (i) => ` cpu ${i.invert ? '! ' : ''}${i.cpu}`,
  translate: (i) => `cpu ${i.invert ? '!= ' : ''}${i.cpu}`,
  match: (i) => (i.cpu === 0) !== i.invert,
});
