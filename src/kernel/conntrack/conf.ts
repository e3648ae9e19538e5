import type { TimeoutTable } from './timeout.ts';

/**
 * The namespace's conntrack settings (struct netns_ct, struct nf_ip_net): what net.netfilter.nf_conntrack_* show.
 * Timeouts are in seconds.
 */
export interface ConntrackConf {
  acct: number;
  timestamp: number;
  checksum: number;
  /** 0 off, 1 on, 2 only while somebody listens. */
  events: number;
  logInvalid: number;
  max: number;
  buckets: number;
  expectMax: number;
  tcpLoose: number;
  tcpBeLiberal: number;
  tcpMaxRetrans: number;
  tcpIgnoreInvalidRst: number;
  /**
   * tcp: by TCP_CONNTRACK_* (0 none, 1 syn_sent, 2 syn_recv, 3 established, 4 fin_wait, 5 close_wait, 6 last_ack,
   * 7 time_wait, 8 close, 9 syn_sent2, 10 retrans, 11 unack); udp, gre: 0 unreplied, 1 replied; sctp: by SCTP_CONNTRACK_*;
   * the others: 0.
   */
  readonly timeouts: Readonly<Record<TimeoutTable, number[]>>;
}

export const TCP_TIMEOUT = { RETRANS: 10, UNACK: 11 } as const;

export const defaultConf = (): ConntrackConf => ({
  acct: 0,
  timestamp: 0,
  checksum: 1,
  events: 2,
  logInvalid: 0,
  max: 262144,
  buckets: 262144,
  expectMax: 4096,
  tcpLoose: 1,
  tcpBeLiberal: 0,
  tcpMaxRetrans: 3,
  tcpIgnoreInvalidRst: 0,
  timeouts: {
    tcp: [120, 120, 60, 432000, 120, 60, 30, 120, 10, 120, 300, 300],
    udp: [30, 120],
    sctp: [0, 10, 3, 3, 210, 3, 3, 3, 30],
    gre: [30, 180],
    icmp: [30],
    icmpv6: [30],
    generic: [600],
  },
});
