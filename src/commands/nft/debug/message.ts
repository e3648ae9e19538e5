import type { NewElement, NftMessage } from '../../../kernel/nf_tables/message.ts';
import type { NftSet, ObjectValue, SetElement } from '../../../kernel/nf_tables/objects.ts';
import { compareBytes } from '../../../kernel/nf_tables/elements.ts';
import type { Cmd } from '../../../parsers/nft/ast.ts';
import { TIMEOUTS } from '../list/object.ts';
import { expressionText, type Seen, verdict, words } from './expression.ts';
import type { Expression } from '../../../kernel/expr/expression.ts';

const PRINTABLE = /^[ -~]$/;
const TLV_COMMENT = 0;
/** NFTNL_UDATA_SET_ELEM_FLAGS with NFTNL_SET_ELEM_F_INTERVAL_OPEN: nothing is above. */
const TLV_OPEN = [1, 4, 1, 0, 0, 0];

/** User data: a comment with its type and its length, or bytes as they are. */
function userdata({ comment, userdata: raw }: { readonly comment?: string; readonly userdata?: Uint8Array }, open = false): string {
  const text = comment === undefined ? undefined : new TextEncoder().encode(`${comment}\0`);
  const bytes = [...(text ? [TLV_COMMENT, text.length, ...text] : (raw ?? [])), ...(open ? TLV_OPEN : [])];
  if (!bytes.length) return '';
  const shown = bytes.map((b) => {
    const c = String.fromCharCode(b);
    return PRINTABLE.test(c) ? c : `\\x${b.toString(16).padStart(2, '0')}`;
  });
  return `  userdata = { ${shown.join('')} }`;
}

/** nftnl_rule_snprintf: where it is, what it is made of, what is kept with it. */
export function ruleLines(
  place: readonly (string | bigint | undefined)[],
  r: { readonly exprs: readonly Expression[]; readonly comment?: string; readonly userdata?: Uint8Array },
  seen: Seen,
): string {
  const kept = userdata(r);
  return `${place.filter((x) => x !== undefined).join(' ')}\n${r.exprs.map((e) => `  ${expressionText(e, seen)}\n`).join('')}${kept && `${kept}\n`}`;
}

type AnyElement = Pick<NewElement | SetElement, 'key' | 'keyEnd' | 'flags' | 'data' | 'comment' | 'userdata'>;

const spaced = (data: Uint8Array): string =>
  words(data)
    .map((w) => `${w} `)
    .join('');

/** nftnl_set_elem_snprintf_default */
function elementText(e: AnyElement, open: boolean): string {
  const data = e.data === undefined ? '' : 'verdict' in e.data ? `${verdict(e.data.verdict)} ` : spaced(e.data.value);
  const flags = Number(e.flags.intervalEnd) + 2 * Number(e.flags.catchall);
  return `element ${spaced(e.key)}${e.keyEnd ? ` - ${spaced(e.keyEnd)}` : ''} : ${data}${flags} [end]${userdata(e, open)}`;
}

const SET_FLAGS = ['anonymous', 'constant', 'interval', 'map', 'timeout', 'eval', 'object', 'concat'] as const;

function setText(table: string, s: Omit<NftSet, 'handle' | 'elements' | 'id'>): string {
  const flags = SET_FLAGS.reduce((n, f, i) => n | (s.flags[f] ? 1 << i : 0), 0);
  return [
    `${s.name} ${table} ${flags.toString(16)}`,
    ...(s.timeout ? [`timeout ${s.timeout}ms`] : []),
    ...(s.gcInterval ? [`gc_interval ${s.gcInterval}ms`] : []),
    ...(s.policy === 'memory' ? ['policy 1'] : []),
    ...(s.size ? [`size ${s.size}`] : []),
  ].join(' ');
}

function elementsOf(m: Extract<NftMessage, { op: 'newsetelem' }>): readonly AnyElement[] {
  const { keys } = m;
  if (!keys) return m.elements;
  return Array.from({ length: keys.count }, (_, i) => ({
    key: keys.keys.subarray(i * keys.width, (i + 1) * keys.width),
    flags: { intervalEnd: keys.ends[i] !== 0, catchall: false },
  }));
}

/** The elements of a message or of a set; of intervals the last one may be without an end, and says so. */
export function elementTexts(elements: readonly AnyElement[], intervals: boolean): string[] {
  let last: AnyElement | undefined;
  for (const e of intervals ? elements : []) {
    if (e.flags.catchall || e.keyEnd) continue;
    const order = last ? compareBytes(e.key, last.key, 0, e.key.length) : 1;
    if (order > 0 || (order === 0 && !e.flags.intervalEnd)) last = e;
  }
  return elements.map((e) => elementText(e, e === last && !e.flags.intervalEnd));
}

/** Does a command speak of a set of intervals? */
function hasIntervals({ object: o }: Cmd): boolean {
  const decl = o.kind === 'element' ? o.set : o.kind === 'set' || o.kind === 'map' || o.kind === 'setelems' ? o.decl : undefined;
  return decl?.flags.includes('interval') ?? false;
}

export const elementsText = (table: string, set: string, texts: readonly string[]): string =>
  `${set} ${table} 0\n${texts.map((t) => `\t${t}`).join('')}${texts.length ? '\n' : ''}`;

/** What libnftnl takes for the standard of a state, and leaves out; the last of udp is not nft's. */
const STANDARD: Readonly<Record<string, number>> = { replied: 180 };

function objectText(v: ObjectValue): string {
  switch (v.kind) {
    case 'counter':
      return `counter pkts ${v.packets} bytes ${v.bytes} `;
    case 'quota':
      return `quota bytes ${v.bytes} flags ${Number(v.inv)} `;
    case 'limit':
      return `limit rate ${v.rate} unit ${v.unit} burst ${v.burst} type ${v.type === 'pkts' ? 0 : 1} flags ${Number(v.inv)} `;
    case 'ct helper':
      return `ct_helper name ${v.helper} family ${v.l3proto} protocol ${v.l4proto} `;
    case 'ct timeout': {
      const states = (TIMEOUTS[v.l4proto] ?? []).flatMap(([name, standard], i) =>
        v.policy[i] === undefined || v.policy[i] === (STANDARD[name] ?? standard) ? [] : [`${name.toUpperCase()} = ${v.policy[i]},`],
      );
      return `ct_timeout ${v.l3proto ? `family ${v.l3proto} ` : ''}protocol ${v.l4proto} policy = {${states.join('')}}`;
    }
    case 'ct expectation':
      return `ct_expect ${v.l3proto ? `family ${v.l3proto} ` : ''}protocol ${v.l4proto} dport ${v.dport} timeout ${v.timeout} size ${v.size} `;
    case 'secmark':
      return `secmark context ${v.context} `;
    case 'synproxy':
      return `synproxy mss ${v.mss} wscale ${v.wscale} `;
    case 'tunnel':
      return 'tunnel ';
  }
}

/** The family of a helper and its kin goes along only where the user named one. */
function sentValue(v: ObjectValue, { object: o }: Cmd): ObjectValue {
  return 'l3proto' in v && !(o.kind === 'object' && o.decl?.value.l3proto !== undefined) ? { ...v, l3proto: 0 } : v;
}

/** NF_FLOWTABLE_HW_OFFLOAD, NF_FLOWTABLE_COUNTER */
function flowtableFlags({ object: o }: Cmd): number {
  if (o.kind !== 'flowtable' || !o.decl) return 0;
  return Number(o.decl.flags.includes('offload')) + 2 * Number(o.decl.counter);
}

/**
 * What `--debug=netlink` says of a message before it goes (netlink_dump_rule and its kin in src/mnl.c): the attributes that were set
 * until then, which of an object are few, and of most messages nothing at all.
 */
export function messageText(m: NftMessage, cmd: Cmd): string {
  switch (m.op) {
    case 'newchain':
      return `${m.family} ${m.table} ${m.rename ?? m.chain ?? '(null)'} use 0\n`;
    case 'newrule':
      return ruleLines([m.family, m.table, m.chain, m.mode === 'replace' ? undefined : m.position], m, 'sent');
    case 'newset':
      return `${setText(m.table, m.set)}\n`;
    case 'newsetelem':
      return elementsText(m.table, m.set, elementTexts(elementsOf(m), hasIntervals(cmd)));
    case 'delsetelem':
    case 'destroysetelem':
      return elementsText(m.table, m.set, elementTexts(m.elements ?? [], hasIntervals(cmd)));
    case 'newobj':
      return `table (null) name (null) use 0 [ ${objectText(sentValue(m.value, cmd))}]\n`;
    case 'newflowtable':
      return `flow table (null) (null) use 0 size 0 flags ${flowtableFlags(cmd)}\n`;
    default:
      return '';
  }
}
