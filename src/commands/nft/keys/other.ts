import type { Key } from './meta.ts';

const k = (dtype: string, len: number, byteorder: Key['byteorder']): Key => ({ dtype, len, byteorder });

/** rt_templates of src/rt.c. */
export const RT: Readonly<Record<'classid' | 'nexthop' | 'nexthop4' | 'nexthop6' | 'mtu' | 'ipsec', Key>> = {
  classid: k('realm', 32, 'host'),
  nexthop: k('invalid', 0, 'big'),
  nexthop4: k('ipv4_addr', 32, 'big'),
  nexthop6: k('ipv6_addr', 128, 'big'),
  mtu: k('integer', 16, 'host'),
  ipsec: k('boolean', 8, 'host'),
};

/** socket_templates of src/socket.c. */
export const SOCKET: Readonly<Record<'transparent' | 'mark' | 'wildcard' | 'cgroupv2', Key>> = {
  transparent: k('integer', 8, 'host'),
  mark: k('mark', 32, 'host'),
  wildcard: k('integer', 8, 'host'),
  cgroupv2: k('cgroupsv2', 64, 'host'),
};

/** xfrm_templates of src/xfrm.c; `ip saddr` … are DADDR_IP4 … */
export const XFRM: Readonly<Record<string, Key>> = {
  'ip daddr': k('ipv4_addr', 32, 'big'),
  'ip saddr': k('ipv4_addr', 32, 'big'),
  'ip6 daddr': k('ipv6_addr', 128, 'big'),
  'ip6 saddr': k('ipv6_addr', 128, 'big'),
  reqid: k('integer', 32, 'host'),
  spi: k('integer', 32, 'big'),
};
const XFRM_KERNEL: Readonly<Record<string, string>> = { 'ip daddr': 'daddr4', 'ip saddr': 'saddr4', 'ip6 daddr': 'daddr6', 'ip6 saddr': 'saddr6' };
export const xfrmToKernel = (word: string): string => XFRM_KERNEL[word] ?? word;
export const xfrmFromKernel = (key: string): string => Object.entries(XFRM_KERNEL).find(([, v]) => v === key)?.[0] ?? key;

/** NFTA_FIB_F_* in the order of printing. */
export const FIB_FLAGS: readonly (readonly [number, string])[] = [
  [1, 'saddr'],
  [2, 'daddr'],
  [4, 'mark'],
  [8, 'iif'],
  [16, 'oif'],
  [32, 'present'],
];
export const FIB_PRESENT = 32;

export const FIB: Readonly<Record<'oif' | 'oifname' | 'type' | 'check', Key>> = {
  oif: k('iface_index', 32, 'host'),
  oifname: k('ifname', 128, 'host'),
  type: k('fib_addrtype', 32, 'host'),
  check: k('boolean', 8, 'host'),
};
