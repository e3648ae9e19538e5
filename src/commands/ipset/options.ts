import type { Adt, Operation, SkbInfo } from '../../kernel/ipset/entry.ts';
import type { SetType } from '../../kernel/ipset/definition.ts';
import type { CreateData } from '../../kernel/ipset/set.ts';
import { prefixMask, ptonV6 } from '../../kernel/xt/address.ts';
import type { Names } from '../../kernel/xt/definition.ts';
import { numericV4, parseIp, parsePortRange, parseProtoPort } from './element.ts';
import type { ParseState } from './element.ts';
import { IpsetError, syntax, usage } from './errors.ts';
import { parseBig, parseNumber } from './number.ts';

const MAX_TIMEOUT = 2147483;
const U64 = (1n << 64n) - 2n;

type CreateDraft = { -readonly [K in keyof CreateData]: CreateData[K] };
type AdtDraft = { -readonly [K in keyof Adt]: Adt[K] };

export interface CreateState {
  readonly names: Names;
  warn(text: string): void;
}

interface Row<D, S> {
  /** Accepted words; the first is what messages call it. */
  readonly names: readonly string[];
  /** Has no argument. */
  readonly flag?: true;
  /** May be said twice. */
  readonly twice?: true;
  parse(value: string, draft: D, state: S, name: string): void;
}

const dashed = (...names: string[]): string[] => names.flatMap((n) => [n, `--${n}`]);
const ignored = (name: string, shown = name): Row<CreateDraft, CreateContext> => ({
  names: dashed(name),
  twice: true,
  parse: (value, _d, s) => s.ignored.push(`Option '--${shown} ${value}' is ignored. Please upgrade your syntax.\n`),
});

interface CreateContext extends CreateState {
  readonly type: SetType;
  readonly ignored: string[];
}
const at = (c: CreateContext, d: CreateDraft): Pick<ParseState, 'names' | 'family' | 'warn'> => ({ names: c.names, family: d.family ?? 'inet', warn: c.warn });

function setFamily(value: string, d: CreateDraft): void {
  if (d.family !== undefined) throw syntax('family already specified');
  const v = value.toLowerCase();
  if (v === 'inet' || v === 'ipv4' || v === '-4') d.family = 'inet';
  else if (v === 'inet6' || v === 'ipv6' || v === '-6') d.family = 'inet6';
  else throw syntax(`unknown inet family ${value}`);
}

function netmask(value: string, d: CreateDraft, _c: CreateContext): void {
  if (d.bitmask) throw syntax('bitmask and netmask are mutually exclusive, provide only one');
  const bits = d.family === 'inet6' ? 128 : 32;
  try {
    parseNumber(value, 0, 255);
    d.netmask = parseNumber(value, 1, bits);
  } catch (e) {
    throw new IpsetError(`${(e as Error).message}\nSyntax error: netmask is out of the inclusive range of 1-${bits}`);
  }
}

function bitmask(value: string, d: CreateDraft): void {
  if (d.netmask !== undefined) throw syntax('bitmask and netmask are mutually exclusive, provide only one');
  const v6 = d.family === 'inet6';
  // Of a range or a network only the first address counts.
  const first = value.split(/[-/]/)[0];
  const mask = v6 ? ptonV6(first) : numericV4(first);
  if (!mask)
    throw new IpsetError(
      `Syntax error: cannot parse ${value}: resolving to ${v6 ? 'IPv6' : 'IPv4'} address failed\nSyntax error: bitmask is not valid for family = ${v6 ? 'inet6' : 'inet'}`,
    );
  d.bitmask = mask;
}

function range(value: string, d: CreateDraft, c: CreateContext, name = 'range'): void {
  if (d.ip || d.port !== undefined) throw syntax(`${name} already specified`);
  if (c.type.parts[0] === 'port') {
    const p = value.includes(':') ? parseProtoPort(value, { names: c.names, family: 'inet' }) : parsePortRange(value, 'tcp', c.names);
    d.port = p.port;
    d.portTo = p.portTo;
  } else Object.assign(d, parseIp(value, 'range', at(c, d)));
}

function bound(value: string, d: CreateDraft, c: CreateContext, upper: boolean): void {
  if (upper ? d.ipTo || d.portTo !== undefined : d.ip || d.port !== undefined) throw syntax(`${upper ? 'to' : 'from'} already specified`);
  if (c.type.parts[0] === 'port') {
    const { port } = parsePortRange(value, 'tcp', c.names);
    if (upper) d.portTo = port;
    else d.port = port;
  } else {
    const { ip } = parseIp(value, 'single', at(c, d));
    if (upper) d.ipTo = ip;
    else d.ip = ip;
  }
}

const u32 = (key: 'hashsize' | 'maxelem' | 'size' | 'initval' | 'markmask'): Row<CreateDraft, CreateContext> => ({
  names: key === 'hashsize' || key === 'size' ? dashed(key) : [key],
  parse: (v, d) => {
    d[key] = parseNumber(v, 0, 0xffffffff);
  },
});
const timeout: Row<CreateDraft, CreateContext> = {
  names: dashed('timeout'),
  parse: (v, d) => {
    d.timeout = parseNumber(v, 0, MAX_TIMEOUT);
  },
};
const flag = (key: 'counters' | 'comment' | 'skbinfo' | 'forceadd'): Row<CreateDraft, CreateContext> => ({
  names: [key],
  flag: true,
  twice: true,
  parse: (_v, d) => {
    d[key] = true;
  },
});

/** Words of ipset 4 that some types still pass over; `network` shows as `from`. */
function ignoredOf(type: SetType): Row<CreateDraft, CreateContext>[] {
  const old = type.aliases.length > 0 && ['hash:ip', 'hash:ip,port', 'hash:ip,port,ip', 'hash:ip,port,net', 'hash:net'].includes(type.name);
  return [
    ...(old ? [ignored('probes'), ignored('resize')] : []),
    ...(type.name === 'hash:ip' ? [ignored('gc')] : []),
    ...(old && type.parts.includes('port') ? [ignored('from'), ignored('to'), ignored('network', 'from')] : []),
  ];
}

function createRows(type: SetType): readonly Row<CreateDraft, CreateContext>[] {
  const common = [timeout, flag('counters'), flag('comment'), flag('skbinfo')];
  if (type.method === 'list') return [u32('size'), ...common];
  const mask: Row<CreateDraft, CreateContext>[] = type.netmask ? [{ names: dashed('netmask'), parse: netmask }] : [];
  if (type.method === 'bitmap') {
    return [
      { names: ['range'], parse: (v, d, c) => range(v, d, c) },
      ...(type.parts[0] === 'port' ? [] : [{ names: dashed('network'), parse: (v: string, d: CreateDraft, c: CreateContext) => range(v, d, c, 'network') }]),
      { names: dashed('from'), parse: (v, d, c) => bound(v, d, c, false) },
      { names: dashed('to'), parse: (v, d, c) => bound(v, d, c, true) },
      ...mask,
      ...common,
    ];
  }
  const family: Row<CreateDraft, CreateContext>[] =
    type.family === 'inet'
      ? [
          { names: ['family'], twice: true, parse: (v, d) => setFamily(v, d) },
          { names: ['-4'], flag: true, twice: true, parse: (_v, d) => setFamily('inet', d) },
          { names: ['-6'], flag: true, twice: true, parse: (_v, d) => setFamily('inet6', d) },
        ]
      : [];
  return [
    ...family,
    ...(type.parts.includes('mark') ? [u32('markmask')] : []),
    u32('hashsize'),
    u32('maxelem'),
    ...mask,
    ...(type.bitmask ? [{ names: ['bitmask'], parse: bitmask }] : []),
    ...common,
    flag('forceadd'),
    {
      names: ['bucketsize'],
      parse: (v, d) => {
        d.bucketsize = parseNumber(v, 0, 255);
      },
    },
    u32('initval'),
    ...ignoredOf(type),
  ];
}

/** Reads `word [value]` pairs by the rows. */
function readOptions<D, S>(words: readonly string[], rows: readonly Row<D, S>[], draft: D, state: S): void {
  const seen = new Set<string>();
  for (let i = 0; i < words.length; i++) {
    const row = rows.find((r) => r.names.includes(words[i]));
    if (!row) throw usage(`Unknown argument: \`${words[i]}'`);
    const name = row.names[0];
    if (!row.flag && i + 1 >= words.length) throw usage(`Missing mandatory argument of option \`${words[i].replace(/^--/, '')}'`);
    if (seen.has(name) && !row.twice) throw syntax(`${name} already specified`);
    seen.add(name);
    row.parse(row.flag ? '' : words[++i], draft, state, name);
  }
}

export function parseCreate(type: SetType, words: readonly string[], state: CreateState): CreateData {
  const draft: CreateDraft = {};
  const c: CreateContext = { ...state, type, ignored: [] };
  readOptions(words, createRows(type), draft, c);
  if (c.ignored.length) state.warn(`Warning: ${c.ignored.join('')}`);
  if (type.method === 'bitmap') {
    const port = type.parts[0] === 'port';
    if (port ? draft.port === undefined : !draft.ip) throw usage("Mandatory option `range' is missing");
    if (port ? draft.portTo === undefined : !draft.ipTo && draft.cidr === undefined) throw usage("Mandatory option `to' is missing");
  }
  if (draft.netmask !== undefined && type.netmask === 'end') return { ...draft, bitmask: prefixMask(draft.netmask, draft.family === 'inet6' ? 16 : 4) };
  return draft;
}

function skbinfo(d: AdtDraft, change: Partial<SkbInfo>): void {
  d.skbinfo = { mark: 0, markmask: 0, prio: 0, queue: 0, ...d.skbinfo, ...change };
}

function skbmark(value: string, d: AdtDraft): void {
  const m = /^0[xX]([0-9a-fA-F]+)(?:\/0[xX]([0-9a-fA-F]+))?/.exec(value);
  if (!m) throw syntax('Invalid skbmark format, it should be:  MARK/MASK or MARK (see manpage)');
  skbinfo(d, { mark: Number.parseInt(m[1], 16) >>> 0, markmask: m[2] === undefined ? 0xffffffff : Number.parseInt(m[2], 16) >>> 0 });
}

function skbprio(value: string, d: AdtDraft): void {
  const m = /^(?:0[xX])?([0-9a-fA-F]+):(?:0[xX])?([0-9a-fA-F]+)/.exec(value);
  if (!m) throw syntax('Invalid skbprio format, it should be:MAJOR:MINOR (see manpage)');
  skbinfo(d, { prio: ((Number.parseInt(m[1], 16) << 16) | (Number.parseInt(m[2], 16) & 0xffff)) >>> 0 });
}

function comment(value: string, d: AdtDraft): void {
  if (value.includes('"')) throw syntax('" character is not permitted in comments');
  if (new TextEncoder().encode(value).length > 255) throw syntax('Comment is longer than the maximum allowed 255 characters');
  d.comment = value;
}

function setReference(value: string, d: AdtDraft, before: 'before' | 'after'): void {
  if (d.before) throw syntax('mixed syntax, before|after option already used');
  d.before = before;
  d.nameref = value;
}

const ADD: readonly Row<AdtDraft, null>[] = [
  {
    names: dashed('timeout'),
    parse: (v, d) => {
      d.timeout = parseNumber(v, 0, MAX_TIMEOUT);
    },
  },
  {
    names: ['packets'],
    parse: (v, d) => {
      d.packets = parseBig(v, 0n, U64);
    },
  },
  {
    names: ['bytes'],
    parse: (v, d) => {
      d.bytes = parseBig(v, 0n, U64);
    },
  },
  { names: ['comment'], parse: comment },
  { names: ['skbmark'], parse: skbmark },
  { names: ['skbprio'], parse: skbprio },
  { names: ['skbqueue'], parse: (v, d) => skbinfo(d, { queue: parseNumber(v, 0, 65535) }) },
];
const NOMATCH: Row<AdtDraft, null> = {
  names: ['nomatch'],
  flag: true,
  twice: true,
  parse: (_v, d) => {
    d.nomatch = true;
  },
};
const WILDCARD: Row<AdtDraft, null> = {
  names: ['wildcard'],
  flag: true,
  twice: true,
  parse: (_v, d) => {
    d.wildcard = true;
  },
};
const REFERENCE: readonly Row<AdtDraft, null>[] = [
  { names: dashed('before'), twice: true, parse: (v, d) => setReference(v, d, 'before') },
  { names: dashed('after'), twice: true, parse: (v, d) => setReference(v, d, 'after') },
];

export function parseAdtOptions(type: SetType, verb: Operation, words: readonly string[], draft: AdtDraft): void {
  const rows = [
    ...(verb === 'add' ? ADD : []),
    ...(type.nomatch && verb !== 'del' ? [NOMATCH] : []),
    ...(type.parts.includes('iface') && verb === 'add' ? [WILDCARD] : []),
    ...(type.method === 'list' ? REFERENCE : []),
  ];
  readOptions(words, rows, draft, null);
}
