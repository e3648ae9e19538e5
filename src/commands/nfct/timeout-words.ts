import type { TimeoutTable } from '../../kernel/conntrack/timeout.ts';

/** State words of each protocol in libnetfilter_cttimeout, with their places in the kernel's table. */
export interface TimeoutProtocol {
  readonly name: string;
  readonly number: number;
  readonly table: TimeoutTable | null;
  readonly words: readonly string[];
  readonly first: number;
}

const TCP = ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2', 'RETRANS', 'UNACKNOWLEDGED'];
const SCTP = ['CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED', 'SHUTDOWN_SENT', 'SHUTDOWN_RECD', 'SHUTDOWN_ACK_SENT'];
const DCCP = ['REQUEST', 'RESPOND', 'PARTOPEN', 'OPEN', 'CLOSEREQ', 'CLOSING', 'TIMEWAIT'];

export const PROTOCOLS: readonly TimeoutProtocol[] = [
  { name: 'tcp', number: 6, table: 'tcp', words: TCP, first: 1 },
  { name: 'udp', number: 17, table: 'udp', words: ['UNREPLIED', 'REPLIED'], first: 0 },
  { name: 'udplite', number: 136, table: 'udp', words: ['UNREPLIED', 'REPLIED'], first: 0 },
  { name: 'sctp', number: 132, table: 'sctp', words: SCTP, first: 1 },
  // Gone from the kernel; the tool still knows it.
  { name: 'dccp', number: 33, table: null, words: DCCP, first: 1 },
  { name: 'icmp', number: 1, table: 'icmp', words: ['TIMEOUT'], first: 0 },
  { name: 'icmpv6', number: 58, table: 'icmpv6', words: ['TIMEOUT'], first: 0 },
  { name: 'gre', number: 47, table: 'gre', words: ['UNREPLIED', 'REPLIED'], first: 0 },
  { name: 'generic', number: 255, table: 'generic', words: ['TIMEOUT'], first: 0 },
];
