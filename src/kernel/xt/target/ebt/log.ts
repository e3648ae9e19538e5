import type { HookState } from '../../../net/hook-state.ts';
import type { Skb } from '../../../net/skb.ts';
import { u16 } from '../../../net/wire/bytes.ts';
import { hex, ip4Text, ip6Text, mac } from '../../../log/format.ts';
import { skipExtensions } from '../../../net/wire/ip.ts';
import { defineExtension } from '../../definition.ts';

/** print_ports: of TCP, UDP, UDP-Lite, SCTP and DCCP. */
function portsText(b: Uint8Array, proto: number, at: number): string {
  if (![6, 17, 33, 132, 136].includes(proto)) return '';
  return b.length < at + 4 ? ' INCOMPLETE TCP/UDP header' : ` SPT=${u16(b, at)} DPT=${u16(b, at + 2)}`;
}

/** ebt_log_packet (net/bridge/netfilter/ebt_log.c) */
function ebtLine(i: Info, skb: Skb, state: HookState): string {
  const b = skb.data,
    m = skb.mac,
    o = skb.network,
    proto = u16(b, m + 12);
  const head = `${i.prefix} IN=${state.in?.name ?? ''} OUT=${state.out?.name ?? ''} MAC source = ${mac(b, m + 6)} MAC dest = ${mac(b, m)} proto = 0x${hex(proto, 4)}`;
  if (i.ip && proto === 0x0800) {
    if (b.length < o + 20) return `${head} INCOMPLETE IP header`;
    return `${head} IP SRC=${ip4Text(b, o + 12)} IP DST=${ip4Text(b, o + 16)}, IP tos=0x${hex(b[o + 1], 2).toUpperCase()}, IP proto=${b[o + 9]}${portsText(b, b[o + 9], o + (b[o] & 15) * 4)}`;
  }
  if (i.ip6 && proto === 0x86dd) {
    if (b.length < o + 40) return `${head} INCOMPLETE IPv6 header`;
    const end = skipExtensions(b, o + 40, b[o + 6]);
    return `${head} IPv6 SRC=${ip6Text(b, o + 8)} IPv6 DST=${ip6Text(b, o + 24)}, IPv6 priority=0x${hex(b[o] & 15, 1).toUpperCase()}, Next Header=${b[o + 6]}${end ? portsText(b, end.next, end.offset) : ''}`;
  }
  if (i.arp && (proto === 0x0806 || proto === 0x8035)) {
    if (b.length < o + 8) return `${head} INCOMPLETE ARP header`;
    const arp = `${head} ARP HTYPE=${u16(b, o)}, PTYPE=0x${hex(u16(b, o + 2), 4)}, OPCODE=${u16(b, o + 6)}`;
    if (u16(b, o) !== 1 || b[o + 4] !== 6 || b[o + 5] !== 4) return arp;
    if (b.length < o + 28) return `${arp} INCOMPLETE ARP payload`;
    return `${arp} ARP MAC SRC=${mac(b, o + 8)} ARP IP SRC=${ip4Text(b, o + 14)} ARP MAC DST=${mac(b, o + 18)} ARP IP DST=${ip4Text(b, o + 24)}`;
  }
  return head;
}

/** struct ebt_log_info; a watcher: it logs and the rule goes on. */
type Info = { readonly level: number; readonly prefix: string; readonly ip: boolean; readonly arp: boolean; readonly ip6: boolean };
const DEFAULT_LEVEL = 6;
const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug'];

export const target = defineExtension<Info>({
  kind: 'target',
  name: 'log',
  families: ['bridge'],
  revision: 0,
  options: [
    { name: 'log-prefix', type: 'string', size: 30 },
    { name: 'log-level', type: 'syslogLevel' },
    { name: 'log-arp', type: 'none', code: 1 },
    { name: 'log-ip', type: 'none', code: 0 },
    { name: 'log', type: 'none', code: 6 },
    { name: 'log-ip6', type: 'none', code: 3 },
  ],
  help: () => `log options:
--log               : use this if you're not specifying anything
--log-level level   : level = [1-8] or a string
--log-prefix prefix : max. 29 chars.
--log-ip            : put ip info. in the log for ip packets
--log-arp           : put (r)arp info. in the log for (r)arp packets
--log-ip6           : put ip6 info. in the log for ip6 packets
${LEVELS.map((l, i) => `${i} = ${l}\n`).join('')}`,
  init: () => ({ level: 5, prefix: '', ip: false, arp: false, ip6: false }),
  parse(o, d) {
    if (o.name === 'log-prefix') d['prefix'] = o.value;
    else if (o.name === 'log-level') d['level'] = o.value;
    else if (o.name !== 'log') d[o.name.slice(4)] = true;
  },
  finish: (d) => ({ ...d }) as unknown as Info,
  save: (i) =>
    ` --log-level ${LEVELS[i.level] ?? i.level}${i.prefix ? ` --log-prefix "${i.prefix}"` : ''}${i.ip ? ' --log-ip' : ''}${i.arp ? ' --log-arp' : ''}${i.ip6 ? ' --log-ip6' : ''}`,
  print(i, c) {
    return this.save(i, c);
  },
  translate: (i) => `log${i.prefix ? ` prefix "${i.prefix}"` : ''}${i.level === DEFAULT_LEVEL ? '' : ` level ${LEVELS[i.level] ?? i.level}`} flags ether`,
  target(i, skb, state) {
    if (!state.net.log.silent) state.net.log.print(i.level & 7, ebtLine(i, skb, state));
    return 'continue';
  },
});
