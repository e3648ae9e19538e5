import { defineExtension } from '../definition.ts';
import { cut, paramProblem, saveString } from '../text.ts';
import { fields } from './_common.ts';
import { services } from './_services.ts';

/** `size` is null without --nflog-size (XT_NFLOG_F_COPY_LEN); `range` is what --nflog-range said, which nothing keeps. */
type Info = { readonly group: number; readonly prefix: string; readonly range: number; readonly size: number | null; readonly threshold: number };

const words = (i: Info, dash: string): string =>
  [
    i.prefix ? ` ${dash}nflog-prefix${saveString(i.prefix)}` : '',
    i.group ? ` ${dash}nflog-group ${i.group}` : '',
    i.size === null ? (i.range ? ` ${dash}nflog-range ${i.range}` : '') : ` ${dash}nflog-size ${i.size}`,
    i.threshold ? ` ${dash}nflog-threshold ${i.threshold}` : '',
  ].join('');

/**
 * extensions/libxt_NFLOG.c. iptables-nft stores it as nft's `log group`: there the prefix may have 127 bytes, while the
 * translation still cuts it to the 63 of struct xt_nflog_info.
 */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'NFLOG',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'nflog-group', type: 'uint16' },
    { name: 'nflog-prefix', type: 'string', min: 1, size: 128 },
    { name: 'nflog-range', type: 'uint32', excludes: ['nflog-size'] },
    { name: 'nflog-size', type: 'uint32', excludes: ['nflog-range'] },
    { name: 'nflog-threshold', type: 'uint16' },
  ],
  help: () => `NFLOG target options:
 --nflog-group NUM		NETLINK group used for logging
 --nflog-range NUM		This option has no effect, use --nflog-size
 --nflog-size NUM		Number of bytes to copy
 --nflog-threshold NUM		Message threshold of in-kernel queue
 --nflog-prefix STRING		Prefix string for log messages
`,
  init: () => ({ group: 0, prefix: '', range: 0, size: null, threshold: 0 }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    switch (o.name) {
      case 'nflog-group':
        d.group = Number(o.value);
        break;
      case 'nflog-prefix':
        if ((o.raw ?? '').includes('\n')) throw paramProblem('Newlines not allowed in --log-prefix');
        d.prefix = String(o.value);
        break;
      case 'nflog-range':
        d.range = Number(o.value);
        break;
      case 'nflog-size':
        d.size = Number(o.value);
        break;
      case 'nflog-threshold':
        d.threshold = Number(o.value);
        break;
    }
  },
  finish(d, c) {
    if (c.seen.has('nflog-range')) c.warn('warn: --nflog-range has never worked and is no longer supported, please use --nflog-size instead\n');
    return { ...fields<Info>(d) };
  },
  save: (i) => words(i, '--'),
  print: (i) => words(i, ''),
  translate: (i) =>
    `log${i.prefix ? ` prefix "${cut(i.prefix, 63)}"` : ''}${i.size === null ? '' : ` snaplen ${i.size}`}${i.threshold ? ` queue-threshold ${i.threshold}` : ''} group ${i.group} `,
  check: () => null,
  target(_, skb, state) {
    services(state)?.log?.(skb, state);
    return 'continue';
  },
});
