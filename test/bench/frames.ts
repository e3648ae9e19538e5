const ip = (text: string): number[] => text.split('.').map(Number);

/** MACs of the router's devices and of the hosts behind them. */
export const MAC = { eth0: '02:00:00:00:00:10', eth1: '02:00:00:00:01:10', outside: '02:00:00:00:00:02', inside: '02:00:00:00:01:0a' } as const;
const mac = (text: string): number[] => text.split(':').map((x) => Number.parseInt(x, 16));

export interface Frame {
  readonly device: 'eth0' | 'eth1';
  readonly bytes: Uint8Array;
}

/** An Ethernet frame to the router with a UDP packet of 60 bytes; checksums left out, as a sender may for UDP. */
export function udp(device: Frame['device'], src: string, dst: string, sport: number, dport: number): Frame {
  const b = new Uint8Array(74);
  b.set(mac(MAC[device]));
  b.set(mac(device === 'eth1' ? MAC.inside : MAC.outside), 6);
  b.set([8, 0, 0x45, 0, 0, 60, 0, 1, 0x40, 0, 64, 17, 0, 0, ...ip(src), ...ip(dst), sport >> 8, sport & 255, dport >> 8, dport & 255, 0, 40], 12);
  let sum = 0;
  for (let i = 14; i < 34; i += 2) sum += (b[i] << 8) | b[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  b[24] = (~sum >> 8) & 255;
  b[25] = ~sum & 255;
  return { device, bytes: b };
}
