import type { Choice } from './random.ts';
import type { Step } from './real.ts';

/** Settings that a namespace has for itself: whole numbers, bounded ones, lists, words, read-only ones. */
const KEYS = [
  'net.netfilter.nf_conntrack_tcp_timeout_established',
  'net.netfilter.nf_conntrack_udp_timeout',
  'net.netfilter.nf_conntrack_acct',
  'net.netfilter.nf_conntrack_events',
  'net.netfilter.nf_conntrack_tcp_loose',
  'net.netfilter.nf_conntrack_tcp_max_retrans',
  'net.netfilter.nf_conntrack_count',
  'net.netfilter.nf_conntrack_max',
  'net.netfilter.nf_conntrack_buckets',
  'net.netfilter.nf_conntrack_log_invalid',
  'net.netfilter.nf_conntrack_generic_timeout',
  'net.netfilter.nf_conntrack_frag6_timeout',
  'net.netfilter.nf_log.2',
  'net.ipv4.ip_forward',
  'net.ipv4.ip_default_ttl',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.icmp_echo_ignore_all',
  'net.ipv4.icmp_ratemask',
  'net.ipv4.ping_group_range',
  'net.ipv4.conf.all.rp_filter',
  'net.ipv4.conf.default.forwarding',
  'net.ipv4.conf.lo.accept_redirects',
  'net.ipv4.conf.all.arp_ignore',
  'net.ipv4.route.min_pmtu',
  'net.ipv6.conf.all.forwarding',
  'net.ipv6.conf.lo.disable_ipv6',
  'net.ipv6.conf.default.accept_ra',
  'net.ipv6.bindv6only',
  'net.ipv6.icmp.ratelimit',
  'net.core.somaxconn',
  'net.unix.max_dgram_qlen',
  'net.netfilter.nf_conntrack_nosuch',
  'net.ipv4.nosuch',
  'nosuch.key',
  'net.ipv4.conf.eth9.rp_filter',
  'net.ipv4.route',
  'net.ipv4.conf.all',
  'net.netfilter.nf_log',
];
const VALUES = [
  '0',
  '1',
  '2',
  '5',
  '10',
  '255',
  '256',
  '65535',
  '65536',
  '2147483647',
  '2147483648',
  '4294967295',
  '-1',
  '0x10',
  '010',
  'abc',
  '',
  '1 2',
  '1 2 3',
  '1024 2000',
  '2000 1024',
  '1,2',
  ' 7',
  '7 ',
  '1x',
  '+3',
  'NONE',
  'nf_log_ipv4',
  '1\t2',
  '-0',
  '00',
  '1.5',
  '8589934',
  '8589935',
  '0 0',
  '1 0',
];
const PATTERNS = ['^net.netfilter.nf_c', 'timeout_(syn|close)', 'conntrack_[amt]', 'udp$', 'x{', '[', 'TCP', 'ip_f.*d$', 'rp_filter', '(', '\\.lo\\.', '*'];

function spelled(c: Choice, key: string): string {
  if (c.in(6)) return key.replaceAll('.', '/');
  if (c.in(20)) return `/proc/sys/${key.replaceAll('.', '/')}`;
  if (c.in(20)) return `${key}.`;
  if (c.in(20)) return key.replace('.', '..');
  if (c.in(25)) return key.replaceAll('.', '//');
  if (c.in(25)) return key.replace('net.', 'net/');
  if (c.in(30)) return `/${key.replaceAll('.', '/')}`;
  if (c.in(30)) return `.${key}`;
  return key;
}

const setting = (c: Choice): string => `${spelled(c, c.one(KEYS))}${c.one(['=', '=', '=', ' = ', ' =', '= '])}${c.in(3) ? c.one(['0', '1', '5']) : c.one(VALUES)}`;
const FLAGS = ['-n', '-e', '-N', '-q', '-b', '-w', '-qe', '-nw', '--values', '--names', '--ignore', '--quiet', '--write', '--binary', '--dry-run', '-x', '-o', '--val', '--n'];

function file(c: Choice): string {
  const lines: string[] = [];
  for (let n = 1 + c.below(5); n > 0; n--) {
    const s = setting(c);
    lines.push(c.in(10) ? `-${s}` : c.in(15) ? `- ${s}` : c.in(10) ? ` ${s} ` : s);
    if (c.in(5))
      lines.push(
        c.one([
          '# comment',
          '; comment',
          '',
          '  ',
          'no equals',
          '-net.ipv4.ip_forward',
          '= 5',
          'net.ipv4.ip_forward =',
          'net.ipv4.ip_forward=1 # no comment',
          '\tnet.ipv4.ip_forward\t=\t1',
          'net.netfilter.nf_conntrack_*_timeout = 77',
          'net.ipv4.conf.*.rp_filter=1',
          '-net.ipv4.conf.lo.rp_filter',
          'net.ipv4.conf.?ll.rp_filter=2',
          'net/ipv4/conf/[al]*/arp_ignore = 1',
          '=',
          '-',
          '--',
        ]),
      );
  }
  return lines.join('\n') + (c.in(6) ? '' : '\n');
}

function line(c: Choice): Step {
  const flags = Array.from({ length: c.in(2) ? 0 : 1 + c.below(2) }, () => c.one(FLAGS));
  const kind = c.below(12);
  if (kind < 4) return { argv: ['sysctl', ...flags, ...Array.from({ length: 1 + c.below(2) }, () => spelled(c, c.one(KEYS)))] };
  if (kind < 8) return { argv: ['sysctl', ...flags, ...Array.from({ length: 1 + c.below(2) }, () => setting(c))] };
  if (kind < 10) return { argv: ['sysctl', ...flags, c.one(['-p', '--load', '-f']), ...(c.in(9) ? ['nosuch.conf'] : []), '-'], stdin: file(c) };
  if (kind === 10)
    return { argv: ['sysctl', ...flags, c.one(['-a', '-A', '-X', '--all']), c.one(['-r', '--pattern']), c.one(PATTERNS), ...(c.in(6) ? ['net.ipv4.ip_forward'] : [])] };
  return {
    argv: [
      'sysctl',
      ...c.one([
        ['--nosuch'],
        ['-Z'],
        [],
        ['-r'],
        ['--pattern'],
        ['-V'],
        ['-h'],
        ['--version'],
        ['-d'],
        ['-w'],
        ['-e'],
        ['--load='],
        ['-w', 'net.ipv4.ip_forward'],
        ['-ar', 'nf_log'],
        ['-aN', '-r', 'icmp'],
      ]),
    ],
  };
}

/** A session of sysctl: reads, writes, files; and at the end what it all came to. */
export function sysctlSession(c: Choice): Step[] {
  const steps = Array.from({ length: 3 + c.below(4) }, () => line(c));
  steps.push({ argv: ['sysctl', '-a', '-r', '^net\\.(netfilter.nf_[cl]|ipv4\\.(ip_|conf|icmp|tcp_[kfrs])|ipv6\\.conf\\.(all|lo))'] });
  return steps;
}
