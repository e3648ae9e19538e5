import { defineExtension } from '../../definition.ts';

/** struct ebt_nflog_info; a watcher. */
type Info = { readonly group: number; readonly prefix: string; readonly range: number; readonly threshold: number };

export const target = defineExtension<Info>({
  kind: 'target',
  name: 'nflog',
  families: ['bridge'],
  revision: 0,
  options: [
    { name: 'nflog-group', type: 'uint16' },
    { name: 'nflog-prefix', type: 'string', size: 64 },
    { name: 'nflog-range', type: 'uint32' },
    { name: 'nflog-threshold', type: 'uint16' },
    { name: 'nflog', type: 'none' },
  ],
  help: () => `nflog options:
--nflog               : use the default nflog parameters
--nflog-prefix prefix : Prefix string for log message
--nflog-group group   : NETLINK group used for logging
--nflog-range range   : Number of byte to copy
--nflog-threshold     : Message threshold ofin-kernel queue
`,
  init: () => ({ group: 1, prefix: '', range: 0, threshold: 1 }),
  parse(o, d) {
    if (o.name !== 'nflog') d[o.name.slice(6)] = o.value;
  },
  finish: (d) => ({ ...d }) as unknown as Info,
  save: (i) =>
    `${i.prefix ? ` --nflog-prefix "${i.prefix}"` : ''}${i.group ? ` --nflog-group ${i.group}` : ''}${i.range ? ` --nflog-range ${i.range | 0}` : ''}${i.threshold !== 1 ? ` --nflog-threshold ${i.threshold}` : ''}`,
  print(i, c) {
    return this.save(i, c);
  },
  translate: (i) =>
    `log${i.prefix ? ` prefix "${i.prefix}"` : ''} group ${i.group}${i.range ? ` snaplen ${i.range}` : ''}${i.threshold !== 1 ? ` queue-threshold ${i.threshold}` : ''}`,
  target: () => 'continue',
});
