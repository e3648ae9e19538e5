import { defineExtension } from '../definition.ts';
import { hex, draftOf, fail } from '../value.ts';

/** struct ip6t_ipv6header_info; MASK_* bits */
type HeaderInfo = { readonly matchflags: number; readonly invert: boolean; readonly soft: boolean };

const BIT = { hop: 128, dst: 64, route: 32, frag: 16, auth: 8, esp: 4, none: 2, proto: 1 } as const;
/** Header numbers, and the names they go by in saved rules. */
const HEADERS: readonly (readonly [number, number, string, readonly string[]])[] = [
  [0, BIT.hop, 'hop-by-hop', ['hop', 'hop-by-hop']],
  [60, BIT.dst, 'ipv6-opts', ['dst', 'ipv6-opts']],
  [43, BIT.route, 'ipv6-route', ['route', 'ipv6-route']],
  [44, BIT.frag, 'ipv6-frag', ['frag', 'ipv6-frag']],
  [51, BIT.auth, 'ah', ['auth', 'ah']],
  [50, BIT.esp, 'esp', ['esp']],
  [59, BIT.none, 'ipv6-nonxt', ['none', 'ipv6-nonxt']],
  [255, BIT.proto, 'protocol', ['prot', 'protocol']],
];

function parseHeaders(text: string, protocol: (name: string) => number | undefined): number {
  let flags = 0;
  for (const word of text.split(',').filter((w) => w !== '')) {
    const known = HEADERS.find(([, , , names]) => names.includes(word))?.[0];
    const n = known ?? (/^\d+$/.test(word) ? Number(word) : protocol(word)) ?? fail(`unknown header \`${word}' specified`);
    const header = HEADERS.find(([number]) => number === n);
    if (!header) return fail(`unknown header \`${n}' specified`);
    flags |= header[1];
  }
  return flags;
}

const names = (flags: number): string =>
  HEADERS.filter(([, bit]) => flags & bit)
    .map(([, , name]) => name)
    .join(',');

export const match = defineExtension<HeaderInfo>({
  kind: 'match',
  name: 'ipv6header',
  families: ['ip6'],
  revision: 0,
  options: [
    { name: 'header', type: 'string', invert: true, mandatory: true },
    { name: 'soft', type: 'none' },
  ],
  help: () => `ipv6header match options:
[!] --header headers     Type of header to match, by name
                         names: hop,dst,route,frag,auth,esp,none,prot
                    long names: hop-by-hop,ipv6-opts,ipv6-route,
                                ipv6-frag,ah,esp,ipv6-nonxt,protocol
                       numbers: 0,60,43,44,51,50,59
--soft                    The header CONTAINS the specified extensions
`,
  init: () => ({ matchflags: 0, invert: false, soft: false }),
  parse(o, draft, context) {
    const info = draftOf<HeaderInfo>(draft);
    if (o.name === 'soft') {
      info.soft = true;
      return;
    }
    info.matchflags = parseHeaders(o.raw ?? '', (name) => context.names.protocol(name)) || fail('ip6t_ipv6header: cannot parse header names');
    if (o.inverted) info.invert = true;
  },
  finish: (draft) => draftOf<HeaderInfo>({ ...draft }),
  save: (i) => `${i.invert ? ' !' : ''} --header ${names(i.matchflags)}${i.soft ? ' --soft' : ''}`,
  print: (i, c) =>
    ` ipv6header${i.matchflags || i.invert ? ` flags:${i.invert ? '!' : ''}${c.numeric ? `0x${hex(i.matchflags, 2).toUpperCase()}` : names(i.matchflags)}` : ''}${i.soft ? ' soft' : ''}`,
  /** ip6t_ipv6header.c: ipv6header_mt6 */
  match(i, skb) {
    const d = skb.data;
    let next = d[skb.network + 6];
    let at = skb.network + 40;
    let found = 0;
    while ([0, 43, 44, 51, 50, 59, 60].includes(next)) {
      if (next === 59) {
        found |= BIT.none;
        break;
      }
      if (at + 2 > d.length) return 'hotdrop';
      if (next === 50) {
        found |= BIT.esp;
        break;
      }
      const length = next === 44 ? 8 : next === 51 ? (d[at + 1] + 2) << 2 : (d[at + 1] + 1) << 3;
      found |= HEADERS.find(([number]) => number === next)?.[1] ?? 0;
      next = d[at];
      at += length;
      if (at > d.length) break;
    }
    if (next !== 59 && next !== 50) found |= BIT.proto;
    if (i.soft) return ((found & i.matchflags) === i.matchflags) !== i.invert;
    return i.invert ? found !== i.matchflags : found === i.matchflags;
  },
});
