import type { Neighbour } from '../../stack/neighbour.ts';
import type { ProcFile } from '../definition.ts';

const COMPLETE = 2,
  PERMANENT = 4,
  PUBLISHED = 8;
const VALID = new Set<Neighbour['state']>(['reachable', 'stale', 'delay', 'probe']);

/** arp_state_to_flags */
const flags = (n: Neighbour): number => (n.proxy ? PUBLISHED | PERMANENT : n.state === 'permanent' ? PERMANENT | COMPLETE : VALID.has(n.state) ? COMPLETE : 0);
const hex = (mac: Uint8Array | null): string => Array.from(mac ?? new Uint8Array(6), (b) => b.toString(16).padStart(2, '0')).join(':');

/** arp_seq_show of net/ipv4/arp.c */
export const procFile: ProcFile = {
  path: '/proc/net/arp',
  mode: 0o444,
  read(net) {
    let out = 'IP address       HW type     Flags       HW address            Mask     Device\n';
    const all = net.stack.neighbours.list().filter((n) => n.addr.length === 4 && n.state !== 'noarp');
    for (const n of [...all.filter((x) => !x.proxy), ...all.filter((x) => x.proxy)]) {
      const dev = net.stack.devices.find((d) => d.index === n.dev);
      if (!dev) continue;
      const mac = n.proxy ? null : n.lladdr;
      out += `${n.addr.join('.').padEnd(16)} 0x${dev.arphrd.toString(16).padEnd(10)}0x${flags(n).toString(16).padEnd(10)}${hex(mac)}     *        ${dev.name}\n`;
    }
    return out;
  },
};
