import { defineExtension } from '../definition.ts';
import type { PrintContext } from '../definition.ts';
import { nothing, saidTests, transportTest } from '../field-tests.ts';
import { transport, u16 } from '../packet.ts';
import { parsePort } from '../text.ts';
import { draftOf, fail, portName } from '../value.ts';

/** struct xt_multiport_v1: a range takes two places, the first of them flagged. */
export type MultiportInfo = {
  readonly flags: 'source' | 'destination' | 'either';
  readonly ports: readonly number[];
  readonly pflags: readonly boolean[];
  readonly invert: boolean;
};

const MAX_PORTS = 15;
const PROTOCOL: ReadonlyMap<number, string> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [136, 'udplite'],
  [132, 'sctp'],
  [33, 'dccp'],
]);
const KIND = { 'source-ports': 'source', 'destination-ports': 'destination', ports: 'either' } as const;
const WORD = { source: 'sports', destination: 'dports', either: 'ports' } as const;
const ONLY = 'multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP';

function rangesOf(i: MultiportInfo): [number, number][] {
  const out: [number, number][] = [];
  for (let n = 0; n < i.ports.length; n++) out.push(i.pflags[n] ? [i.ports[n], i.ports[++n]] : [i.ports[n], i.ports[n]]);
  return out.filter(([lo, hi]) => lo <= hi).sort((a, b) => a[0] - b[0]);
}

/** Ports and ranges as text: 1,2:5 */
function portList(i: MultiportInfo, name: (port: number) => string): string {
  let out = '';
  for (let n = 0; n < i.ports.length; n++) {
    out += (n ? ',' : '') + name(i.ports[n]);
    if (i.pflags[n]) out += `:${name(i.ports[++n])}`;
  }
  return out;
}

function translateList(i: MultiportInfo): string {
  const out: string[] = [];
  for (let n = 0; n < i.ports.length; n++) out.push(i.pflags[n] ? `${i.ports[n]}-${i.ports[++n]}` : String(i.ports[n]));
  return out.length > 1 ? `{ ${out.join(', ')} }` : out[0];
}

export const match = defineExtension<MultiportInfo>({
  kind: 'match',
  name: 'multiport',
  families: ['ip', 'ip6'],
  revision: 1,
  options: [
    { name: 'source-ports', id: 'source-ports', type: 'raw', invert: true, excludes: ['destination-ports', 'ports'] },
    { name: 'sports', id: 'source-ports', type: 'raw', invert: true },
    { name: 'destination-ports', id: 'destination-ports', type: 'raw', invert: true, excludes: ['source-ports', 'ports'] },
    { name: 'dports', id: 'destination-ports', type: 'raw', invert: true },
    { name: 'ports', type: 'raw', invert: true, excludes: ['source-ports', 'destination-ports'] },
  ],
  help: () => `multiport match options:
[!] --source-ports port[,port:port,port...]
 --sports ...
				match source port(s)
[!] --destination-ports port[,port:port,port...]
 --dports ...
				match destination port(s)
[!] --ports port[,port:port,port]
				match both source and destination port(s)
`,
  init: () => ({ flags: 'source', ports: [], pflags: [], invert: false }),
  parse(o, draft, context) {
    const info = draftOf<MultiportInfo>(draft);
    const number = context.proto?.number ?? 0;
    if (context.proto?.inverted) fail(ONLY);
    const proto = PROTOCOL.get(number) ?? fail(number === 0 ? "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'" : ONLY);
    const ports: number[] = [];
    const pflags: boolean[] = [];
    const parts = (o.raw ?? '').split(',');
    for (const [n, part] of parts.entries()) {
      if (ports.length >= MAX_PORTS) fail('too many ports specified');
      const colon = part.indexOf(':');
      if (colon >= 0 && ports.length === MAX_PORTS - 1) fail('too many ports specified');
      ports.push(parsePort(colon < 0 ? part : part.slice(0, colon), proto, context.names));
      pflags.push(colon >= 0);
      if (colon < 0) continue;
      ports.push(parsePort(part.slice(colon + 1), proto, context.names));
      pflags.push(false);
      if (ports[ports.length - 2] >= ports[ports.length - 1]) fail('invalid portrange specified');
      if (n === parts.length - 1) break;
    }
    info.ports = ports;
    info.pflags = pflags;
    info.flags = KIND[o.name as keyof typeof KIND];
    info.invert = o.inverted;
  },
  finish(draft, context) {
    if (context.seen.size === 0) fail('no ports specified');
    return draftOf<MultiportInfo>({ ...draft });
  },
  save: (i) => `${i.invert ? ' !' : ''} --${WORD[i.flags]} ${portList(i, String)}`,
  print: (i, c) => ` multiport ${WORD[i.flags]} ${i.invert ? ' !' : ''}${portList(i, namer(c))}`,
  translate(i, c) {
    const proto = PROTOCOL.get(c.proto.number);
    if (proto === undefined) return null;
    if (i.flags === 'either') return `${proto} sport . ${proto} dport { ${i.ports.map((p) => `0-65535 . ${p}, ${p} . 0-65535`).join(', ')} }`;
    return `${proto} ${i.flags === 'source' ? 'sport' : 'dport'} ${i.invert ? '!= ' : ''}${translateList(i)}`;
  },
  /** xt_multiport.c: check */
  check: (i, c) => (PROTOCOL.has(c.proto) && !c.protoInverted && i.ports.length <= MAX_PORTS ? null : 'EINVAL'),
  tests: (i) => (i.flags === 'either' ? nothing : saidTests(transportTest(i.flags === 'source' ? 0 : 2, 2, 4, 0xffff, rangesOf(i), i.invert))),
  match(i, skb) {
    if (skb.fragOffset !== 0) return false;
    const at = transport(skb, 4);
    if (at < 0) return 'hotdrop';
    const src = u16(skb, at);
    const dst = u16(skb, at + 2);
    for (let n = 0; n < i.ports.length; n++) {
      const lo = i.ports[n];
      const hi = i.pflags[n] ? i.ports[++n] : lo;
      if (i.flags !== 'destination' && src >= lo && src <= hi) return !i.invert;
      if (i.flags !== 'source' && dst >= lo && dst <= hi) return !i.invert;
    }
    return i.invert;
  },
});

const namer =
  (c: PrintContext & { readonly numeric: boolean }): ((port: number) => string) =>
  (port) =>
    portName(port, PROTOCOL.get(c.proto) ?? null, c, c.numeric);
