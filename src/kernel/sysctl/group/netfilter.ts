import type { ConntrackConf } from '../../conntrack/conf.ts';
import type { TimeoutTable } from '../../conntrack/timeout.ts';
import { fixed, jiffies, u8, uint } from '../definition.ts';
import type { SysctlGroup, SysctlRow } from '../definition.ts';

type Scalar = { [K in keyof ConntrackConf]: ConntrackConf[K] extends number ? K : never }[keyof ConntrackConf];

const kept = (row: SysctlRow, key: Scalar): SysctlRow => ({
  ...row,
  get: (net) => net.conntrack.conf[key],
  set: (net, v) => {
    net.conntrack.conf[key] = v;
  },
});
const timeout = (table: TimeoutTable, index: number): SysctlRow => ({
  ...jiffies(0),
  get: (net) => net.conntrack.conf.timeouts[table][index],
  set: (net, v) => {
    net.conntrack.conf.timeouts[table][index] = v;
  },
});
/** Settings of the machine that a container may only read. */
const machine = (row: SysctlRow, key: Scalar): SysctlRow => ({ ...kept(row, key), readonly: 'container' });

const many = (prefix: string, table: TimeoutTable, names: readonly (readonly [string, number])[]): Record<string, SysctlRow> =>
  Object.fromEntries(names.map(([n, i]) => [`${prefix}${n}`, timeout(table, i)]));

/** net.netfilter.nf_conntrack_* (net/netfilter/nf_conntrack_standalone.c). */
export const sysctls: SysctlGroup = {
  folder: 'net/netfilter',
  rows: {
    nf_conntrack_acct: kept(u8(0, 0, 1), 'acct'),
    nf_conntrack_checksum: kept(u8(1, 0, 1), 'checksum'),
    nf_conntrack_events: kept(u8(2, 0, 2), 'events'),
    nf_conntrack_timestamp: kept(u8(0, 0, 1), 'timestamp'),
    nf_conntrack_log_invalid: kept(u8(0), 'logInvalid'),
    nf_conntrack_max: machine(uint(262144), 'max'),
    // nf_conntrack_hash_resize: whole pages of buckets.
    nf_conntrack_buckets: {
      ...machine(uint(262144, 1), 'buckets'),
      set: (net, v) => {
        net.conntrack.conf.buckets = Math.ceil(v / 512) * 512;
      },
    },
    nf_conntrack_expect_max: machine(uint(4096), 'expectMax'),
    nf_conntrack_count: { ...fixed(uint(0)), get: (net) => net.conntrack.count },
    nf_conntrack_tcp_loose: kept(u8(1, 0, 1), 'tcpLoose'),
    nf_conntrack_tcp_be_liberal: kept(u8(0, 0, 1), 'tcpBeLiberal'),
    nf_conntrack_tcp_ignore_invalid_rst: kept(u8(0, 0, 1), 'tcpIgnoreInvalidRst'),
    nf_conntrack_tcp_max_retrans: kept(u8(3), 'tcpMaxRetrans'),
    nf_conntrack_generic_timeout: timeout('generic', 0),
    nf_conntrack_icmp_timeout: timeout('icmp', 0),
    nf_conntrack_icmpv6_timeout: timeout('icmpv6', 0),
    nf_conntrack_udp_timeout: timeout('udp', 0),
    nf_conntrack_udp_timeout_stream: timeout('udp', 1),
    nf_conntrack_gre_timeout: timeout('gre', 0),
    nf_conntrack_gre_timeout_stream: timeout('gre', 1),
    ...many('nf_conntrack_tcp_timeout_', 'tcp', [
      ['syn_sent', 1],
      ['syn_recv', 2],
      ['established', 3],
      ['fin_wait', 4],
      ['close_wait', 5],
      ['last_ack', 6],
      ['time_wait', 7],
      ['close', 8],
      ['max_retrans', 10],
      ['unacknowledged', 11],
    ]),
    ...many('nf_conntrack_sctp_timeout_', 'sctp', [
      ['closed', 1],
      ['cookie_wait', 2],
      ['cookie_echoed', 3],
      ['established', 4],
      ['shutdown_sent', 5],
      ['shutdown_recd', 6],
      ['shutdown_ack_sent', 7],
      ['heartbeat_sent', 8],
    ]),
    nf_conntrack_frag6_timeout: jiffies(60),
    nf_conntrack_frag6_low_thresh: { type: 'ulong', value: [3145728], check: ([v], net) => v <= net.sysctl.int('net/netfilter/nf_conntrack_frag6_high_thresh') },
    nf_conntrack_frag6_high_thresh: { type: 'ulong', value: [4194304], check: ([v], net) => v >= net.sysctl.int('net/netfilter/nf_conntrack_frag6_low_thresh') },
    nf_hooks_lwtunnel: u8(0, 0, 1),
  },
};
