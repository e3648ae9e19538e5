import { defineExtension } from '../definition.ts';
import { paramProblem, TOS_NAMES } from '../text.ts';
import { dsField } from '../packet.ts';
import { fields, hex2, misplaced } from './_common.ts';
import { setDsField } from './_mangle.ts';

type Info = { readonly value: number; readonly mask: number };
const OPERATIONS = ['set-tos', 'and-tos', 'or-tos', 'xor-tos'];
const others = (name: string): string[] => OPERATIONS.filter((o) => o !== name);

/** extensions/libxt_TOS.c, net/netfilter/xt_DSCP.c (revision 1). Its translation says ip6 in either family, as the real one does. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'TOS',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 1,
  options: [
    { name: 'set-tos', type: 'tosmask', max: 0x3f, excludes: others('set-tos') },
    { name: 'and-tos', type: 'uint8', excludes: others('and-tos') },
    { name: 'or-tos', type: 'uint8', excludes: others('or-tos') },
    { name: 'xor-tos', type: 'uint8', excludes: others('xor-tos') },
  ],
  help: () => `TOS target vlibxtables.so.12 options:
  --set-tos value[/mask]  Set Type of Service/Priority field to value
                          (Zero out bits in mask and XOR value into TOS)
  --set-tos symbol        Set TOS field (IPv4 only) by symbol
                          (this zeroes the 4-bit Precedence part!)
                          Accepted symbolic names for value are:
                            (0x10) 16 Minimize-Delay
                            (0x08)  8 Maximize-Throughput
                            (0x04)  4 Maximize-Reliability
                            (0x02)  2 Minimize-Cost
                            (0x00)  0 Normal-Service

  --and-tos bits          Binary AND the TOS value with bits
  --or-tos  bits          Binary OR the TOS value with bits
  --xor-tos bits          Binary XOR the TOS value with bits
`,
  init: () => ({ value: 0, mask: 0 }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    const n = Number(o.value);
    switch (o.name) {
      case 'set-tos': {
        const v = o.value as Info;
        d.value = v.value;
        d.mask = v.mask;
        break;
      }
      case 'and-tos':
        d.value = 0;
        d.mask = ~n & 255;
        break;
      case 'or-tos':
        d.value = n;
        d.mask = n;
        break;
      case 'xor-tos':
        d.value = n;
        d.mask = 0;
        break;
    }
  },
  finish(d, c) {
    if (c.seen.size === 0) throw paramProblem('TOS: An action is required');
    const { value, mask } = fields<Info>(d);
    return { value, mask };
  },
  save: (i) => ` --set-tos ${hex2(i.value)}/${hex2(i.mask)}`,
  print({ value, mask }, c) {
    const plain = ` TOS set ${hex2(value)}/${hex2(mask)}`;
    if (c.numeric) return plain;
    const symbol = mask === 0x3f ? TOS_NAMES.find(([n]) => n === value) : undefined;
    if (symbol) return `  TOS set${symbol[1]}`;
    if (value === 0) return ` TOS and ${hex2(~mask & 255)}`;
    if (value === mask) return ` TOS or ${hex2(value)}`;
    return mask === 0 ? ` TOS xor ${hex2(value)}` : plain;
  },
  translate({ value, mask }) {
    const v = hex2(value >> 2);
    const keep = hex2((~mask & 255) >> 2);
    if ((mask & 0x3f) === 0x3f) return `ip6 dscp set ${v}`;
    const operation = value === 0 ? `and ${keep}` : value === mask ? `or ${v}` : mask === 0 ? `xor ${v}` : `and ${keep} xor ${v}`;
    return `ip6 dscp set ip6 dscp ${operation}`;
  },
  check: (_, c) => misplaced({ table: 'mangle' }, c),
  target(i, skb) {
    setDsField(skb, (dsField(skb) & ~i.mask & 255) ^ i.value);
    return 'continue';
  },
});
