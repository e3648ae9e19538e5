import { etherAton, ptonV4 } from '../../address.ts';
import { defineExtension } from '../../definition.ts';
import { macShort, not } from '../../ebt.ts';
import { paramProblem } from '../../text.ts';

/** The tool's own pairs; in the kernel they are sets (iptables/nft-bridge.h: struct nft_among_data). */
type Pair = { readonly mac: Uint8Array; readonly ip: Uint8Array | null };
type Side = { readonly pairs: readonly Pair[]; readonly ip: boolean; readonly inverted: boolean };
type Info = { readonly src: Side | null; readonly dst: Side | null };

/** qsort with memcmp over address and IP, as the set is sent. */
const order = (a: Pair, b: Pair): number => {
  const x = [...a.mac, ...(a.ip ?? [0, 0, 0, 0])];
  const y = [...b.mac, ...(b.ip ?? [0, 0, 0, 0])];
  const at = x.findIndex((v, i) => v !== y[i]);
  return at < 0 ? 0 : x[at] - y[at];
};

function parsePairs(text: string): Pair[] {
  return text
    .split(',')
    .filter((w) => w !== '')
    .map((word) => {
      const equals = word.indexOf('=');
      const ip = equals < 0 ? null : ptonV4(word.slice(equals + 1));
      if (equals >= 0 && !ip) throw paramProblem(`Invalid IP address '${word.slice(equals + 1)}'`);
      const first = equals < 0 ? word : word.slice(0, equals);
      const mac = etherAton(first);
      if (!mac) throw paramProblem(`Invalid MAC address '${first}'`);
      return { mac, ip };
    })
    .sort(order);
}

const text = (name: string, s: Side | null): string => (s ? `${not(s)} --among-${name} ${s.pairs.map((p) => macShort(p.mac) + (p.ip ? `=${p.ip.join('.')}` : '')).join(',')}` : '');

export const match = defineExtension<Info & Record<string, never>>({
  kind: 'match',
  name: 'among',
  families: ['bridge'],
  revision: 0,
  options: [
    { name: 'among-dst', type: 'string', invert: true, multi: true, cutAt: ',=' },
    { name: 'among-src', type: 'string', invert: true, multi: true, cutAt: ',=' },
    { name: 'among-dst-file', id: 'among-dst-file', type: 'string', invert: true, multi: true },
    { name: 'among-src-file', id: 'among-src-file', type: 'string', invert: true, multi: true },
  ],
  help: () => `\`among' options:
[!] --among-dst      list      : matches if ether dst is in list
[!] --among-src      list      : matches if ether src is in list
[!] --among-dst-file file      : obtain dst list from file
[!] --among-src-file file      : obtain src list from file
list has form:
 xx:xx:xx:xx:xx:xx[=ip.ip.ip.ip],yy:yy:yy:yy:yy:yy[=ip.ip.ip.ip],...,zz:zz:zz:zz:zz:zz[=ip.ip.ip.ip][,]
Things in brackets are optional.
If you want to allow two (or more) IP addresses to one MAC address, you
can specify two (or more) pairs with the same MAC, e.g.
 00:00:00:fa:eb:fe=153.19.120.250,00:00:00:fa:eb:fe=192.168.0.1
`,
  init: () => ({ src: null, dst: null }),
  parse(o, d, c) {
    const list = o.name.endsWith('-file') ? c.names.file(o.raw ?? '') : (o.raw ?? '');
    if (list === undefined) throw paramProblem(`Couldn't open file '${o.raw}'`);
    const pairs = parsePairs(o.name.endsWith('-file') ? list.trim() : list);
    d[o.name.includes('dst') ? 'dst' : 'src'] = { pairs, ip: pairs.some((p) => p.ip), inverted: o.inverted };
  },
  finish: (d) => ({ ...d }) as unknown as Info & Record<string, never>,
  save: (i) => text('src', i.src) + text('dst', i.dst),
  print(i, c) {
    return this.save(i, c);
  },
});
