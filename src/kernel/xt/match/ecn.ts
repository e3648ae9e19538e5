import { defineExtension } from '../definition.ts';
import { dsField, transport, u8 } from '../packet.ts';
import { draftOf, fail, numberOf } from '../value.ts';

/** struct xt_ecn_info; operations: IP_ECT 1, TCP ECE 16, TCP CWR 32 */
type EcnInfo = { readonly operation: number; readonly invert: number; readonly ip_ect: number };
const OP = { IP: 1, ECE: 16, CWR: 32 } as const;
const ECT = ['not-ect', 'ect1', 'ect0', 'ce'] as const;

export const match = defineExtension<EcnInfo>({
  kind: 'match',
  name: 'ecn',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'ecn-tcp-cwr', type: 'none', invert: true },
    { name: 'ecn-tcp-ece', type: 'none', invert: true },
    { name: 'ecn-ip-ect', type: 'uint8', min: 0, max: 3, invert: true },
  ],
  help: () => `ECN match options
[!] --ecn-tcp-cwr 		Match CWR bit of TCP header
[!] --ecn-tcp-ece		Match ECE bit of TCP header
[!] --ecn-ip-ect [0..3]	Match ECN codepoint in IPv4/IPv6 header
`,
  init: () => ({ operation: 0, invert: 0, ip_ect: 0 }),
  parse(o, draft) {
    const info = draftOf<EcnInfo>(draft);
    const op = o.name === 'ecn-tcp-cwr' ? OP.CWR : o.name === 'ecn-tcp-ece' ? OP.ECE : OP.IP;
    info.operation |= op;
    if (o.inverted) info.invert |= op;
    if (op === OP.IP) info.ip_ect = numberOf(o);
  },
  finish(draft, context) {
    if (context.seen.size === 0) fail('ECN match: some option required');
    return draftOf<EcnInfo>({ ...draft });
  },
  save(i) {
    const say = (op: number, text: string): string => (i.operation & op ? `${i.invert & op ? ' !' : ''} ${text}` : '');
    return say(OP.ECE, '--ecn-tcp-ece') + say(OP.CWR, '--ecn-tcp-cwr') + say(OP.IP, `--ecn-ip-ect ${i.ip_ect}`);
  },
  print(i) {
    const say = (op: number, text: string): string => (i.operation & op ? ` ${i.invert & op ? '!' : ''}${text}` : '');
    return ` ECN match${say(OP.ECE, 'ECE')}${say(OP.CWR, 'CWR')}${say(OP.IP, `ECT=${i.ip_ect}`)}`;
  },
  translate(i) {
    const parts: string[] = [];
    // ecn_xlate: one inverted test inverts them all.
    const not = i.invert ? '!= ' : '';
    if (i.operation & OP.ECE) parts.push(`tcp flags ${not}ecn`);
    if (i.operation & OP.CWR) parts.push(`tcp flags ${not}cwr`);
    if (i.operation & OP.IP) parts.push(`ip ecn ${not}${ECT[i.ip_ect & 3]}`);
    return parts.join(' ');
  },
  /** xt_ecn.c: ecn_mt_check4 and 6 */
  check: (i, c) => (i.operation & (OP.ECE | OP.CWR) && (c.proto !== 6 || c.protoInverted) ? 'EINVAL' : null),
  match(i, skb) {
    if (i.operation & OP.IP && ((dsField(skb) & 3) === i.ip_ect) === ((i.invert & OP.IP) !== 0)) return false;
    if (!(i.operation & (OP.ECE | OP.CWR))) return true;
    const th = transport(skb, 20);
    if (th < 0) return false;
    const flags = u8(skb, th + 13);
    if (i.operation & OP.ECE && ((flags & 0x40) !== 0) === ((i.invert & OP.ECE) !== 0)) return false;
    return !(i.operation & OP.CWR && ((flags & 0x80) !== 0) === ((i.invert & OP.CWR) !== 0));
  },
});
