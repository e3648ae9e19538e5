import type { NftObject, ObjectValue } from '../../../kernel/nf_tables/objects.ts';
import type { Family } from '../../../kernel/net/hook.ts';
import type { Json, OutputOptions } from '../datatype/index.ts';
import { printTime } from '../datatype/time.ts';
import { BLOCK, type Layout } from './layout.ts';

const UNITS = ['bytes', 'kbytes', 'mbytes'];

/** get_rate: the largest unit that divides. */
export function byteUnit(bytes: bigint): [bigint, string] {
  let n = bytes,
    i = 0;
  while (i < UNITS.length - 1 && n !== 0n && n % 1024n === 0n) {
    n /= 1024n;
    i++;
  }
  return [n, UNITS[i]];
}

const PER: Readonly<Record<string, string>> = { 1: 'second', 60: 'minute', 3600: 'hour', 86400: 'day', 604800: 'week' };
const L4: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp' };
const L3: Readonly<Record<number, string>> = { 0: 'unspec', 1: 'inet', 2: 'ip', 3: 'arp', 5: 'netdev', 7: 'bridge', 10: 'ip6' };

/** timeout_protocol of src/rule.c: names and defaults by state. */
export const TIMEOUTS: Readonly<Record<number, readonly (readonly [string, number])[]>> = {
  6: [
    ['syn_sent', 120],
    ['syn_recv', 60],
    ['established', 432000],
    ['fin_wait', 120],
    ['close_wait', 60],
    ['last_ack', 30],
    ['time_wait', 120],
    ['close', 10],
    ['syn_sent2', 120],
    ['retrans', 300],
    ['unack', 300],
  ],
  17: [
    ['unreplied', 30],
    ['replied', 120],
  ],
};

const changed = (v: Extract<ObjectValue, { kind: 'ct timeout' }>): [string, number][] =>
  (TIMEOUTS[v.l4proto] ?? []).flatMap(([name, standard], i) => (v.policy[i] !== undefined && v.policy[i] !== standard ? [[name, v.policy[i]] as [string, number]] : []));

const flagNames = (flags: number): string[] => [...(flags & 8 ? ['timestamp'] : []), ...(flags & 4 ? ['sack-perm'] : [])];

/** Lines of obj_print_data without indentation. */
function lines(v: ObjectValue, o: OutputOptions): string[] {
  switch (v.kind) {
    case 'counter':
      return o.stateless ? [] : [`packets ${v.packets} bytes ${v.bytes}`];
    case 'quota': {
      const [n, unit] = byteUnit(v.bytes);
      const used = !o.stateless && v.consumed > 0n ? ` used ${byteUnit(v.consumed).join(' ')}` : '';
      return [`${v.inv ? 'over ' : ''}${n} ${unit}${used}`];
    }
    case 'limit': {
      const inv = v.inv ? 'over ' : '',
        per = PER[String(v.unit)];
      if (v.type === 'pkts') return [`rate ${inv}${v.rate}/${per}${v.burst !== 5 && v.burst !== 0 ? ` burst ${v.burst} packets` : ''}`];
      const [rate, unit] = byteUnit(v.rate);
      return [`rate ${inv}${rate} ${unit}/${per}${v.burst > 0 ? ` burst ${byteUnit(BigInt(v.burst)).join(' ')}` : ''}`];
    }
    case 'ct helper':
      return [`type "${v.helper}" protocol ${L4[v.l4proto] ?? v.l4proto}`, `l3proto ${L3[v.l3proto]}`];
    case 'ct timeout':
      return [
        `protocol ${L4[v.l4proto] ?? v.l4proto}`,
        `l3proto ${L3[v.l3proto]}`,
        `policy = { ${changed(v)
          .map(([name, s]) => `${name} : ${printTime(BigInt(s) * 1000n, o)}`)
          .join(', ')} }`,
      ];
    case 'ct expectation':
      return [`protocol ${L4[v.l4proto] ?? v.l4proto}`, `dport ${v.dport}`, `timeout ${printTime(BigInt(v.timeout), o)}`, `size ${v.size}`, `l3proto ${L3[v.l3proto]}`];
    case 'secmark':
      return [`"${v.context}"`];
    case 'synproxy':
      return [`mss ${v.mss}`, `wscale ${v.wscale}`, ...(flagNames(v.flags).length ? [`${v.flags & 8 ? 'timestamp' : ''} ${v.flags & 4 ? 'sack-perm' : ''}`] : [])];
    case 'tunnel':
      return [];
  }
}

/** obj_print */
export function objectText(object: NftObject, v: ObjectValue, o: OutputOptions, layout: Layout = BLOCK, name = object.name): string {
  const { tab, nl, sep } = layout;
  const comment = object.comment !== undefined ? [`comment "${object.comment}"`] : [],
    body = lines(v, o);
  const handle = o.handle && layout === BLOCK ? ` # handle ${object.handle}` : '';
  if (layout === BLOCK) return `${tab}${object.kind} ${name} {${handle}${nl}${[...comment, ...body].map((l) => `${tab}${tab}${l}${nl}`).join('')}${tab}}${nl}`;
  const number = o.handle ? `# handle ${object.handle} ` : '',
    head = `${object.kind} ${name} { ${number}${comment.map((l) => `${l}${nl}`).join('')}`;
  if (object.kind === 'synproxy') return `${head}${body.join(nl)}; } `;
  if (!body.length) return `${head}} `;
  return `${head}${body.join(sep)}${object.kind.startsWith('ct ') ? ';' : ''} } `;
}

/** obj_print_json */
export function objectJson(object: NftObject, v: ObjectValue, family: Family, table: string, o: OutputOptions): Json {
  const out: Record<string, Json> = { family, name: object.name, table, handle: object.handle };
  if (object.comment !== undefined) out.comment = object.comment;
  switch (v.kind) {
    case 'counter':
      if (!o.stateless) Object.assign(out, { packets: v.packets, bytes: v.bytes });
      break;
    case 'quota':
      Object.assign(out, { bytes: v.bytes, used: o.stateless ? 0n : v.consumed, inv: v.inv });
      break;
    case 'limit': {
      const bytes = v.type === 'pkt-bytes';
      const [rate, unit] = bytes ? byteUnit(v.rate) : [v.rate, ''];
      const [burst, burstUnit] = bytes ? byteUnit(BigInt(v.burst)) : [BigInt(v.burst), ''];
      Object.assign(out, { rate, per: PER[String(v.unit)] });
      if (v.inv) out.inv = true;
      if (bytes) out.rate_unit = unit;
      if (!bytes || burst > 0n) out.burst = burst;
      if (bytes && burst > 0n) out.burst_unit = burstUnit;
      break;
    }
    case 'ct helper':
      Object.assign(out, { type: v.helper, protocol: L4[v.l4proto] ?? v.l4proto, l3proto: L3[v.l3proto] });
      break;
    case 'ct timeout':
      Object.assign(out, { protocol: L4[v.l4proto] ?? v.l4proto, l3proto: L3[v.l3proto], policy: changed(v).length ? Object.fromEntries(changed(v)) : null });
      break;
    case 'ct expectation':
      Object.assign(out, { protocol: L4[v.l4proto] ?? v.l4proto, dport: v.dport, timeout: v.timeout, size: v.size, l3proto: L3[v.l3proto] });
      break;
    case 'secmark':
      out.context = v.context;
      break;
    case 'synproxy': {
      Object.assign(out, { mss: v.mss, wscale: v.wscale });
      const names = flagNames(v.flags);
      if (names.length) out.flags = names;
      break;
    }
    case 'tunnel':
      break;
  }
  return { [object.kind]: out };
}
