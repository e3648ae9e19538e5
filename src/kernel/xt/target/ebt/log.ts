import { defineExtension } from '../../definition.ts';

/** struct ebt_log_info; a watcher: it logs and the rule goes on. */
type Info = { readonly level: number; readonly prefix: string; readonly ip: boolean; readonly arp: boolean; readonly ip6: boolean };
const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug'];
const NFT = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];

export const target = defineExtension<Info>({
  kind: 'target',
  name: 'log',
  families: ['bridge'],
  revision: 0,
  options: [
    { name: 'log-prefix', type: 'string', size: 30 }, { name: 'log-level', type: 'syslogLevel' }, { name: 'log-arp', type: 'none' }, { name: 'log-ip', type: 'none' },
    { name: 'log', type: 'none' }, { name: 'log-ip6', type: 'none' },
  ],
  help: () => `log options:
--log               : use this if you're not specifying anything
--log-level level   : level = [1-8] or a string
--log-prefix prefix : max. 29 chars.
--log-ip            : put ip info. in the log for ip packets
--log-arp           : put (r)arp info. in the log for (r)arp packets
--log-ip6           : put ip6 info. in the log for ip6 packets
levels:
${LEVELS.map((l, i) => `${i} = ${l}\n`).join('')}`,
  init: () => ({ level: 5, prefix: '', ip: false, arp: false, ip6: false }),
  parse(o, d) {
    if (o.name === 'log-prefix') d['prefix'] = o.value;
    else if (o.name === 'log-level') d['level'] = o.value;
    else if (o.name !== 'log') d[o.name.slice(4)] = true;
  },
  finish: (d) => ({ ...d }) as unknown as Info,
  save: (i) => ` --log-level ${LEVELS[i.level] ?? i.level}${i.prefix ? ` --log-prefix "${i.prefix}"` : ''}${i.ip ? ' --log-ip' : ''}${i.arp ? ' --log-arp' : ''}${i.ip6 ? ' --log-ip6' : ''}`,
  print(i, c) { return this.save(i, c); },
  translate: (i) => `log${i.prefix ? ` prefix "${i.prefix}"` : ''} level ${NFT[i.level] ?? i.level} flags ether`,
  target: () => 'continue',
});
