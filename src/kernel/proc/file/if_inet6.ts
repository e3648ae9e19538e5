import type { Addr6 } from '../../stack/device.ts';
import type { ProcFile } from '../definition.ts';

const two = (n: number): string => n.toString(16).padStart(2, '0');
/** IFA_F_* of what is listed. */
const FLAGS: Readonly<Record<string, number>> = { permanent: 0x80, tentative: 0x40, deprecated: 0x20, home: 0x10, dadfailed: 0x08, nodad: 0x02 };

/** IPV6_ADDR_SCOPE_MASK of ipv6_addr_type. */
const scope = (a: Uint8Array): number => {
  if (a.every((b, i) => b === (i === 15 ? 1 : 0))) return 0x10;
  if (a[0] !== 0xfe) return 0;
  return (a[1] & 0xc0) === 0x80 ? 0x20 : (a[1] & 0xc0) === 0xc0 ? 0x40 : 0;
};
const flags = (a: Addr6): number => a.flags.reduce((n, f) => n | (FLAGS[f] ?? 0), 0);

/** if6_seq_show of net/ipv6/addrconf.c */
export const procFile: ProcFile = {
  path: '/proc/net/if_inet6',
  mode: 0o444,
  read: (net) =>
    net.stack.devices
      .flatMap((d) => d.addrs6.map((a) => `${Array.from(a.addr, two).join('')} ${two(d.index)} ${two(a.len)} ${two(scope(a.addr))} ${two(flags(a))} ${d.name.padStart(8)}\n`))
      .join(''),
};
