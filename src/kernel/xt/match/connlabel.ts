import { CTINFO } from '../../net/skb.ts';
import { defineExtension } from '../definition.ts';
import type { Names } from '../definition.ts';
import { strtoul } from '../number.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_connlabel_mtinfo */
type ConnlabelInfo = { readonly bit: number; readonly set: boolean; readonly invert: boolean };
type Warner = { readonly names: Names; warn(text: string): void };

const FILE = '/etc/xtables/connlabel.conf';

/** Labels by bit (libnetfilter_conntrack: nfct_labelmap_new); null, and words on stderr, without the file. */
function labels(c: Warner): ReadonlyMap<number, string> | null {
  const text = c.names.file(FILE);
  if (text === undefined) {
    c.warn(`Warning: cannot open ${FILE}: No such file or directory\n`);
    return null;
  }
  const map = new Map<number, string>();
  for (const line of text.split('\n')) {
    const m = /^\s*(\d+)\s+(\S.*?)\s*$/.exec(line);
    if (!m || /^\s*#/.test(line) || map.has(Number(m[1])) || [...map.values()].includes(m[2])) continue;
    map.set(Number(m[1]), m[2]);
  }
  return map;
}

const nameOf = (i: ConnlabelInfo, c: Warner): string | undefined => labels(c)?.get(i.bit);

/** xtables_parse_connlabel_numerical: strtoul(3), binary numbers too, into an int; -1: none. */
function labelNumber(text: string): number {
  const binary = /^\s*([-+]?)0b([01]+)$/i.exec(text);
  const n = strtoul(binary ? `${binary[1]}${BigInt(`0b${binary[2]}`)}` : text, 0);
  return text !== '' && n.rest === '' ? Number(BigInt.asIntN(32, n.value)) : -1;
}

export const match = defineExtension<ConnlabelInfo>({
  kind: 'match',
  name: 'connlabel',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  alike: true,
  options: [
    { name: 'label', type: 'string', min: 1, invert: true, mandatory: true },
    { name: 'set', type: 'none' },
  ],
  help: () => `connlabel match options:
[!] --label name     Match if label has been set on connection
    --set            Set label on connection
`,
  init: () => ({ bit: 0, set: false, invert: false }),
  parse(o, draft, context) {
    if (o.name === 'set') {
      draft['set'] = true;
      return;
    }
    const text = o.raw ?? '';
    const byName = (): number | undefined => [...(labels(context) ?? [])].find(([, name]) => name === text)?.[0];
    const number = labelNumber(text);
    draft['bit'] = number >= 0 ? number & 0xffff : (byName() ?? fail(`label '${text}' not found or invalid value`));
    if (o.inverted) draft['invert'] = true;
  },
  finish: (draft) => draftOf<ConnlabelInfo>({ ...draft }),
  save: (i, c) => `${i.invert ? ' !' : ''} --label "${nameOf(i, c) ?? i.bit}"${i.set ? ' --set' : ''}`,
  print(i, c) {
    // The names are read, and complained of, also where none is printed.
    const known = nameOf(i, c),
      name = c.numeric ? undefined : known;
    return ` connlabel${i.invert ? ' !' : ''} ${name === undefined ? i.bit : `'${name}'`}${i.set ? ' set' : ''}`;
  },
  translate(i, c) {
    const name = nameOf(i, c);
    const label = name === undefined ? String(i.bit) : `"${name}"`;
    return `${i.set ? `ct label set ${label} ` : ''}ct label ${i.invert ? `and ${label} != ` : ''}${label}`;
  },
  check: (i) => (i.bit > 127 ? 'ERANGE' : null),
  /** xt_connlabel.c: connlabel_mt */
  match(i, skb) {
    const ct = skb.ctinfo === CTINFO.untracked ? null : (skb.ct ?? skb.template);
    if (!ct) return i.invert;
    if (!ct.labels) return i.invert;
    const at = i.bit >> 3;
    const bit = 1 << (i.bit & 7);
    if (ct.labels[at] & bit) return !i.invert;
    if (!i.set) return i.invert;
    ct.labels[at] |= bit;
    return !i.invert;
  },
});
