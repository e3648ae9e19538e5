import { defineExtension } from '../definition.ts';
import { paramProblem, saveString } from '../text.ts';
import { fields } from './_common.ts';
import { services } from './_services.ts';

type Info = { readonly level: number; readonly flags: number; readonly prefix: string };

const FLAG = { SEQUENCE: 1, TCP_OPTIONS: 2, IP_OPTIONS: 4, UID: 8, MACDECODE: 32 } as const;
const ROWS: readonly (readonly [number, string])[] = [
  [FLAG.SEQUENCE, 'tcp-sequence'],
  [FLAG.TCP_OPTIONS, 'tcp-options'],
  [FLAG.IP_OPTIONS, 'ip-options'],
  [FLAG.UID, 'uid'],
  [FLAG.MACDECODE, 'macdecode'],
];
const LEVEL_NAMES = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
const DEFAULT_LEVEL = 4;
const ALL_FLAGS = 0x2f;

function nftFlags(flags: number): string {
  if ((flags & ALL_FLAGS) === ALL_FLAGS) return ' flags all';
  const tcp = [flags & FLAG.SEQUENCE ? 'sequence' : '', flags & FLAG.TCP_OPTIONS ? 'options' : ''].filter((w) => w !== '').join(',');
  return `${tcp ? ` flags tcp ${tcp}` : ''}${flags & FLAG.IP_OPTIONS ? ' flags ip options' : ''}${flags & FLAG.UID ? ' flags skuid' : ''}${flags & FLAG.MACDECODE ? ' flags ether' : ''}`;
}

/** extensions/libxt_LOG.c, net/netfilter/xt_LOG.c */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'LOG',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'log-level', type: 'syslogLevel' },
    { name: 'log-prefix', type: 'string', min: 1, size: 30 },
    ...ROWS.map(([, name], i) => ({ name: `log-${name}`, type: 'none' as const, code: name === 'macdecode' ? 5 : i })),
  ],
  help: () => `LOG target options:
 --log-level level		Level of logging (numeric or see syslog.conf)
 --log-prefix prefix		Prefix log messages with this prefix.
 --log-tcp-sequence		Log TCP sequence numbers.
 --log-tcp-options		Log TCP options.
 --log-ip-options		Log IP options.
 --log-uid			Log UID owning the local socket.
 --log-macdecode		Decode MAC addresses and protocol.
`,
  init: () => ({ level: DEFAULT_LEVEL, flags: 0, prefix: '' }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    if (o.name === 'log-level') d.level = Number(o.value);
    else if (o.name === 'log-prefix') {
      d.prefix = String(o.value);
      if ((o.raw ?? '').includes('\n')) throw paramProblem('Newlines not allowed in --log-prefix');
    } else d.flags |= ROWS.find(([, name]) => o.name === `log-${name}`)?.[0] ?? 0;
  },
  finish: (d) => ({ ...fields<Info>(d) }),
  save: (i) =>
    `${i.prefix ? ` --log-prefix${saveString(i.prefix)}` : ''}${i.level === DEFAULT_LEVEL ? '' : ` --log-level ${i.level}`}${ROWS.filter(([bit]) => i.flags & bit)
      .map(([, name]) => ` --log-${name}`)
      .join('')}`,
  print(i, c) {
    const prefix = i.prefix ? ` prefix "${i.prefix}"` : '';
    if (c.numeric) return ` LOG flags ${i.flags} level ${i.level}${prefix}`;
    return ` LOG level ${LEVEL_NAMES[i.level]}${ROWS.filter(([bit]) => i.flags & bit)
      .map(([, name]) => ` ${name}`)
      .join('')}${prefix}`;
  },
  translate: (i) => `log${i.prefix ? ` prefix "${i.prefix}"` : ''}${i.level === DEFAULT_LEVEL ? '' : ` level ${LEVEL_NAMES[i.level]}`}${nftFlags(i.flags)}`,
  check: (i) => (i.level >= 8 ? 'EINVAL' : null),
  target(i, skb, state) {
    services(state)?.log?.(skb, state, i);
    return 'continue';
  },
});
