import { ebtVerdict } from '../../ebt-packet.ts';
import { macText, ntop } from '../../address.ts';
import { defineExtension } from '../../definition.ts';
import { paramProblem } from '../../text.ts';

/** struct arpt_mangle (extensions/libarpt_mangle.c, net/ipv4/netfilter/arpt_mangle.c) */
type Info = {
  readonly srcMac: Uint8Array | null;
  readonly dstMac: Uint8Array | null;
  readonly srcIp: Uint8Array | null;
  readonly dstIp: Uint8Array | null;
  readonly verdict: 'ACCEPT' | 'DROP' | 'CONTINUE';
};
const VERDICTS = ['ACCEPT', 'DROP', 'CONTINUE'];
const FIELDS: Readonly<Record<string, string>> = { 'mangle-ip-s': 'srcIp', 'mangle-ip-d': 'dstIp', 'mangle-mac-s': 'srcMac', 'mangle-mac-d': 'dstMac' };

const words = (i: Info, address: (a: Uint8Array) => string): string =>
  (i.srcIp ? ` --mangle-ip-s ${address(i.srcIp)}` : '') +
  (i.srcMac ? ` --mangle-mac-s ${macText(i.srcMac)}` : '') +
  (i.dstIp ? ` --mangle-ip-d ${address(i.dstIp)}` : '') +
  (i.dstMac ? ` --mangle-mac-d ${macText(i.dstMac)}` : '') +
  (i.verdict === 'ACCEPT' ? '' : ` --mangle-target ${i.verdict}`);

/** mangle_xlate prints chars, which have a sign. */
const signedMac = (mac: Uint8Array): string => Array.from(mac, (b) => (b > 127 ? 'ffffff' : '') + b.toString(16).padStart(2, '0')).join(':');

export const target = defineExtension<Info & Record<string, never>>({
  kind: 'target',
  name: 'mangle',
  families: ['arp'],
  revision: 0,
  options: [
    { name: 'mangle-ip-s', type: 'host' },
    { name: 'mangle-ip-d', type: 'host' },
    { name: 'mangle-mac-s', type: 'ethermac' },
    { name: 'mangle-mac-d', type: 'ethermac' },
    { name: 'mangle-target', type: 'string' },
  ],
  help: () => `mangle target options:
--mangle-ip-s IP address
--mangle-ip-d IP address
--mangle-mac-s MAC address
--mangle-mac-d MAC address
--mangle-target target (DROP, CONTINUE or ACCEPT -- default is ACCEPT)
`,
  init: () => ({ srcMac: null, dstMac: null, srcIp: null, dstIp: null, verdict: 'ACCEPT' }),
  parse(o, d) {
    if (o.name !== 'mangle-target') {
      d[FIELDS[o.name]] = o.value;
      // The library's case for the sender runs on into the target's.
      if (o.name === 'mangle-mac-s' && d['dstMac']) d['dstMac'] = o.value;
      return;
    }
    if (!VERDICTS.includes(o.raw ?? '')) throw paramProblem('bad target for --mangle-target');
    d['verdict'] = o.raw;
  },
  finish: (d) => ({ ...d }) as unknown as Info & Record<string, never>,
  save: (i, c) => words(i, (a) => c.names.hostName(a) ?? ntop(a)),
  print: (i, c) => words(i, (a) => (c.numeric ? undefined : c.names.hostName(a)) ?? ntop(a)),
  translate: (i) =>
    [
      i.srcIp ? `arp saddr ip set ${ntop(i.srcIp)}` : '',
      i.srcMac ? `arp saddr ether set ${signedMac(i.srcMac)}` : '',
      i.dstIp ? `arp daddr ip set ${ntop(i.dstIp)}` : '',
      i.dstMac ? `arp daddr ether set ${signedMac(i.dstMac)}` : '',
      i.verdict === 'CONTINUE' ? '' : i.verdict.toLowerCase(),
    ]
      .filter((w) => w)
      .join(' '),
  check: (i) => (i.srcIp || i.dstIp || i.srcMac || i.dstMac ? null : 'EINVAL'),
  /** arpt_mangle.c */
  target(i, skb) {
    const d = skb.data,
      n = skb.network,
      hln = d[n + 4],
      pln = d[n + 5];
    const put = (value: Uint8Array | null, at: number, len: number): boolean => {
      if (!value) return true;
      if (len !== value.length || at + len > d.length) return false;
      d.set(value, at);
      return true;
    };
    const done = put(i.srcMac, n + 8, hln) && put(i.srcIp, n + 8 + hln, pln) && put(i.dstMac, n + 8 + hln + pln, hln) && put(i.dstIp, n + 8 + 2 * hln + pln, pln);
    return done ? ebtVerdict(i.verdict) : 'drop';
  },
});
