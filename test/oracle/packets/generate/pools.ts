import type { Choice } from '../../random.ts';

/** Hosts beyond the router by device, and the router's own addresses: what rules and conversations both draw from. */
export const HOSTS4: readonly (readonly [iface: string, address: string])[] = [
  ['eth0', '10.0.0.2'],
  ['eth0', '10.0.0.3'],
  ['eth0', '8.8.8.8'],
  ['eth1', '192.168.1.10'],
  ['eth1', '192.168.1.20'],
  ['eth2', '172.16.0.10'],
  ['eth2', '172.16.0.20'],
];
export const HOSTS6: typeof HOSTS4 = [
  ['eth0', 'fd00:a::2'],
  ['eth0', 'fd00:a::3'],
  ['eth0', '2001:db8::8'],
  ['eth1', 'fd00:b::10'],
  ['eth1', 'fd00:b::20'],
  ['eth2', 'fd00:c::10'],
  ['eth2', 'fd00:c::20'],
];
export const ROUTER4: readonly string[] = ['10.0.0.1', '192.168.1.1', '172.16.0.1'];
export const ROUTER6: readonly string[] = ['fd00:a::1', 'fd00:b::1', 'fd00:c::1'];
export const PORTS = [21, 22, 25, 53, 80, 80, 80, 123, 443, 500, 5353, 8080, 9] as const;

const POOLS: Readonly<Record<string, readonly string[]>> = {
  a: ['10.0.0.2', '10.0.0.3', '8.8.8.8', '192.168.1.10', '192.168.1.20', '172.16.0.10', '10.0.0.1', '192.168.1.1'],
  n: ['10.0.0.0/24', '192.168.1.0/28', '172.16.0.0/16', '0.0.0.0/1', '192.168.0.0/16', '10.0.0.2/31', '8.0.0.0/8'],
  A: ['fd00:a::2', 'fd00:a::3', 'fd00:b::10', 'fd00:b::20', 'fd00:c::10', 'fd00:a::1', '2001:db8::8'],
  N: ['fd00:a::/64', 'fd00:b::/64', 'fd00::/16', '::/1', 'fd00:b::10/124', '2001:db8::/32'],
  p: ['21', '22', '25', '53', '80', '443', '500', '5353', '8080'],
  r: ['1:1024', '20:80', '1000:1010', '1024:', ':443', '500:5353'],
  R: ['1-1024', '20-80', '1000-1010', '1024-65535', '500-5353'],
  s: ['1000', '1001', '1002', '1003'],
  i: ['eth0', 'eth1', 'eth2', 'eth0', 'eth1', 'lo'],
  m: ['0', '1', '2', '0x10', '0xff'],
  M: ['1/1', '0x10/0xf0', '2/3', '0/1', '0x1/0xffffffff'],
  l: ['tcp', 'udp', 'icmp', 'sctp', 'udplite', '47', '50'],
  L: ['tcp', 'udp', 'icmpv6', 'sctp', '47'],
  d: ['0x00', '0x08', '0x12', '0x2e'],
  t: ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'NEW,ESTABLISHED', 'RELATED,ESTABLISHED', 'UNTRACKED', 'INVALID,NEW', 'NEW,UNTRACKED'],
  y: ['new', 'established', 'related', 'invalid', 'untracked', 'new,established', 'established,related', 'invalid,untracked'],
  u: ['1', '2', '3', '4'],
  z: ['40', '41-60', '20-100', '28', '1-65535'],
};

/** Replaces each `{x}` of a template by one of that pool's words, `{!}` by an inversion now and then. */
export function expand(c: Choice, template: string): string {
  return template.replace(/\{(.)\}/g, (whole, key: string) => {
    if (key === '!') return c.in(4) ? '! ' : '';
    if (key === '~') return c.in(4) ? '!= ' : '';
    const pool = POOLS[key];
    return pool ? c.one(pool) : whole;
  });
}
