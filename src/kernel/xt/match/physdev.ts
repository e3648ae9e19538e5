import { HOOK_BIT } from '../check.ts';
import { defineExtension } from '../definition.ts';
import type { ParseContext } from '../definition.ts';
import { parseInterface } from '../text.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_physdev_info; bits XT_PHYSDEV_OP_IN 1, OUT 2, BRIDGED 4, ISIN 8, ISOUT 16 */
type PhysdevInfo = { readonly physindev: string; readonly physoutdev: string; readonly bitmask: number; readonly invert: number };
const OP = { IN: 1, OUT: 2, BRIDGED: 4, ISIN: 8, ISOUT: 16, MASK: 31 } as const;

function text(i: PhysdevInfo): string {
  const say = (op: number, words: string): string => (i.bitmask & op ? `${i.invert & op ? ' !' : ''} ${words}` : '');
  return (
    say(OP.ISIN, '--physdev-is-in') +
    say(OP.IN, `--physdev-in ${i.physindev}`) +
    say(OP.ISOUT, '--physdev-is-out') +
    say(OP.OUT, `--physdev-out ${i.physoutdev}`) +
    say(OP.BRIDGED, '--physdev-is-bridged')
  );
}

/** xtables_parse_interface as it words it here. */
const interfaceName = (name: string, context: ParseContext): string =>
  name.length > 15 ? fail(`interface name \`${name}' must be shorter than IFNAMSIZ (15)`) : parseInterface(name, context.warn);

const sameName = (name: string, pattern: string): boolean => (pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern);

export const match = defineExtension<PhysdevInfo>({
  kind: 'match',
  name: 'physdev',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'physdev-in', type: 'string', invert: true },
    { name: 'physdev-out', type: 'string', invert: true },
    { name: 'physdev-is-in', type: 'none', invert: true },
    { name: 'physdev-is-out', type: 'none', invert: true },
    { name: 'physdev-is-bridged', type: 'none', invert: true },
  ],
  help: () => `physdev match options:
 [!] --physdev-in inputname[+]		bridge port name ([+] for wildcard)
 [!] --physdev-out outputname[+]	bridge port name ([+] for wildcard)
 [!] --physdev-is-in			arrived on a bridge device
 [!] --physdev-is-out			will leave on a bridge device
 [!] --physdev-is-bridged		it's a bridged packet
`,
  init: () => ({ physindev: '', physoutdev: '', bitmask: 0, invert: 0 }),
  parse(o, draft, context) {
    const info = draftOf<PhysdevInfo>(draft);
    let op: number;
    switch (o.name) {
      case 'physdev-in':
        op = OP.IN;
        info.physindev = interfaceName(o.raw ?? '', context);
        break;
      case 'physdev-out':
        op = OP.OUT;
        info.physoutdev = interfaceName(o.raw ?? '', context);
        break;
      case 'physdev-is-in':
        op = OP.ISIN;
        break;
      case 'physdev-is-out':
        op = OP.ISOUT;
        break;
      default:
        op = OP.BRIDGED;
    }
    info.bitmask |= op;
    if (o.inverted) info.invert |= op;
  },
  finish(draft, context) {
    if (context.seen.size === 0) fail('PHYSDEV: no physdev option specified');
    return draftOf<PhysdevInfo>({ ...draft });
  },
  save: text,
  print: (i) => ` PHYSDEV match${text(i)}`,
  /** xt_physdev.c: physdev_mt_check */
  check(i, c) {
    if (i.bitmask === 0 || i.bitmask & ~OP.MASK) return 'EINVAL';
    const outward = i.bitmask & (OP.OUT | OP.ISOUT) && (!(i.bitmask & OP.BRIDGED) || i.invert & OP.BRIDGED);
    return outward && c.hookMask & HOOK_BIT.output ? 'EINVAL' : null;
  },
  match(i, skb) {
    if (!skb.bridge) {
      for (const op of [OP.BRIDGED, OP.ISIN, OP.ISOUT, OP.IN, OP.OUT]) if (i.bitmask & op && !(i.invert & op)) return false;
      return true;
    }
    const { physIn: indev, physOut: outdev } = skb.bridge;
    const differs = (op: number, result: boolean): boolean => (i.bitmask & op) !== 0 && result === ((i.invert & op) !== 0);
    if (differs(OP.BRIDGED, outdev !== null) || differs(OP.ISIN, indev !== null) || differs(OP.ISOUT, outdev !== null)) return false;
    if (indev && i.bitmask & OP.IN && sameName(indev.name, i.physindev) === ((i.invert & OP.IN) !== 0)) return false;
    return !(outdev && i.bitmask & OP.OUT && sameName(outdev.name, i.physoutdev) === ((i.invert & OP.OUT) !== 0));
  },
});
