import type { ProcFile } from './definition.ts';

const V4 = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const V6 = '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const MORE = ' ref pointer drops';
const HEADS: Readonly<Record<string, string>> = {
  tcp: V4.padEnd(149),
  tcp6: V6,
  udp: ` ${V4}${MORE}`.padEnd(127),
  udplite: ` ${V4}${MORE}`.padEnd(127),
  raw: V4 + MORE,
  icmp: (V4 + MORE).padEnd(127),
};

/** A list of sockets, of which only the head is there: a script finds the file, and nothing of the machine's own in it. */
export const socketList = (name: string): ProcFile => ({ path: `/proc/net/${name}`, mode: 0o444, read: () => `${HEADS[name] ?? V6 + MORE}\n` });
