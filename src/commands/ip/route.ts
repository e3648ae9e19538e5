import { sameBytes } from '../../kernel/net/wire/bytes.ts';
import { maskTo, newRoute, prefixMatch, RT_SCOPE } from '../../kernel/stack/fib.ts';
import type { FibRoute, NextHop, RouteType } from '../../kernel/stack/fib.ts';
import { scopeText } from './address.ts';
import { abbreviates, addrText, IpError, parseAddr, parsePrefix, parseUint } from './arguments.ts';
import type { Words } from './arguments.ts';
import { device, kernelError, refused } from './context.ts';
import type { IpContext } from './context.ts';

const TYPES: readonly RouteType[] = ['unicast', 'local', 'broadcast', 'multicast', 'throw', 'unreachable', 'prohibit', 'blackhole', 'anycast'];
const TABLES: Readonly<Record<string, number>> = { main: 254, local: 255, default: 253 };

export function parseTable(text: string): number {
  return TABLES[text] ?? parseUint(text, '"table" value is invalid');
}
export const tableText = (n: number): string => Object.entries(TABLES).find(([, v]) => v === n)?.[0] ?? String(n);

/** ip route */
export function runRoute(c: IpContext, words: Words): void {
  const verb = words.more ? words.next() : 'show';
  if (abbreviates(verb, 'add')) change(c, words, 'add');
  else if (abbreviates(verb, 'change') || verb === 'chg') change(c, words, 'change');
  else if (abbreviates(verb, 'replace')) change(c, words, 'replace');
  else if (abbreviates(verb, 'append') || abbreviates(verb, 'prepend')) change(c, words, 'append');
  else if (abbreviates(verb, 'delete')) change(c, words, 'del');
  else if (abbreviates(verb, 'list') || abbreviates(verb, 'show') || verb === 'lst') list(c, words, false);
  else if (abbreviates(verb, 'flush')) list(c, words, true);
  else if (abbreviates(verb, 'get')) get(c, words);
  else throw new IpError(`Command "${verb}" is unknown, try "ip route help".\n`);
}

function readHop(c: IpContext, words: Words, family: 4 | 6): NextHop {
  let via: Uint8Array | null = null,
    dev = 0,
    weight = 1,
    onlink = false;
  for (;;) {
    const w = words.peek();
    if (w === 'via') {
      words.next();
      let a = words.next();
      if (a === 'inet' || a === 'inet6') a = words.next();
      via = parseAddr(a, family);
    } else if (w === 'dev') {
      words.next();
      dev = device(c, words.next()).index;
    } else if (w === 'weight') {
      words.next();
      weight = parseUint(words.next(), '"weight" is invalid');
    } else if (w === 'onlink') {
      words.next();
      onlink = true;
    } else break;
  }
  return { via, dev, weight, onlink };
}

function read(c: IpContext, words: Words): FibRoute & { readonly givenTable: boolean } {
  let type: RouteType = 'unicast',
    prefix: ReturnType<typeof parsePrefix> | null = null,
    via: Uint8Array | null = null,
    dev = 0,
    src: Uint8Array | null = null;
  let metric: number | null = null,
    tos = 0,
    scope: number | null = null,
    table: number | null = null,
    mtu = 0,
    mtuLocked = false,
    proto = 'boot',
    hopLimit = 0,
    advmss = 0,
    realm = 0,
    onlink = false;
  const hops: NextHop[] = [];
  const first = words.peek();
  const t = TYPES.find((x) => x === first);
  if (t) {
    type = t;
    words.next();
  }
  let family = c.family;
  while (words.more) {
    const w = words.next();
    if (w === 'via') {
      let a = words.next();
      if (a === 'inet' || a === 'inet6') a = words.next();
      via = parseAddr(a, family);
      if (family === 0) family = via.length === 4 ? 4 : 6;
    } else if (w === 'dev' || w === 'oif') dev = device(c, words.next()).index;
    else if (w === 'src') src = parseAddr(words.next(), family);
    else if ((abbreviates(w, 'metric') && w.length > 1) || w === 'priority' || w === 'preference') metric = parseUint(words.next(), '"metric" value is invalid');
    else if (w === 'tos' || w === 'dsfield') tos = Number.parseInt(words.next(), 16) || 0;
    else if (w === 'scope') {
      const s = words.next();
      scope = { global: 0, universe: 0, site: 200, link: 253, host: 254, nowhere: 255 }[s] ?? parseUint(s, 'invalid "scope" value');
    } else if (w === 'table') table = parseTable(words.next());
    else if (w === 'mtu') {
      let n = words.next();
      if (n === 'lock') {
        mtuLocked = true;
        n = words.next();
      }
      mtu = parseUint(n, '"mtu" value is invalid');
    } else if (w === 'hoplimit') {
      let n = words.next();
      if (n === 'lock') n = words.next();
      hopLimit = parseUint(n, '"hoplimit" value is invalid');
    } else if (w === 'advmss') {
      let n = words.next();
      if (n === 'lock') n = words.next();
      advmss = parseUint(n, '"mss" value is invalid');
    } else if (w === 'proto' || w === 'protocol') proto = words.next();
    else if (w === 'realm' || w === 'realms') {
      const [a, b] = words.next().split('/');
      realm = b === undefined ? Number(a) : (Number(a) << 16) | Number(b);
    } else if (w === 'onlink') onlink = true;
    else if (w === 'nexthop') hops.push(readHop(c, words, family === 6 ? 6 : 4));
    else if (w === 'pref' || w === 'window' || w === 'rtt' || w === 'initcwnd' || w === 'initrwnd' || w === 'quickack' || w === 'expires') words.next();
    else {
      prefix = parsePrefix(w === 'to' ? words.next() : w, family);
      if (family === 0 && w !== 'default') family = prefix.family;
    }
  }
  const fam: 4 | 6 = family === 6 || (family === 0 && prefix?.family === 6) ? 6 : 4;
  const dst = prefix && (prefix.addr.length === 16) === (fam === 6) ? prefix.addr : new Uint8Array(fam === 6 ? 16 : 4);
  const len = prefix?.len ?? 0;
  if (!sameBytes(maskTo(dst, len), dst)) throw kernelError('Invalid prefix for given prefix length.');
  const special = type === 'local' || type === 'broadcast' || type === 'anycast';
  const all = hops.length ? hops : [{ dev, via, weight: 1, onlink }];
  return {
    ...newRoute({ family: fam, table: table ?? (special ? 255 : 254), dst, len, type, dev: all[0].dev, via: all[0].via }),
    hops: all,
    src,
    metric: metric ?? (fam === 6 ? 1024 : 0),
    tos,
    scope: scope ?? (type === 'local' ? RT_SCOPE.host : via || hops.length || fam === 6 ? 0 : type === 'unicast' ? RT_SCOPE.link : 0),
    proto,
    mtu,
    mtuLocked,
    hopLimit,
    advmss,
    realm,
    givenTable: table !== null,
  };
}

/** Finds the device of a gateway, and refuses one that cannot be reached (fib_check_nh, ip6_route_check_nh). */
function resolveHop(c: IpContext, r: FibRoute, hop: NextHop): NextHop {
  if (!hop.via) {
    if (hop.dev && !c.stack.device(hop.dev)?.up) throw r.family === 4 ? kernelError('Device for nexthop is not up.') : refused('Network is down');
    return hop;
  }
  if (hop.onlink && hop.dev) return hop;
  const hit = c.stack.fib.lookup(r.family, { daddr: hop.via, saddr: null, mark: 0, iif: c.stack.lo.index, oif: hop.dev, tos: 0 });
  if ('error' in hit || hit.route.type !== 'unicast' || (hit.hop.via && hit.route.len === 0))
    throw r.family === 4 ? kernelError('Nexthop has invalid gateway.') : refused('No route to host');
  return { ...hop, dev: hit.hop.dev };
}

const samePlace = (a: FibRoute, b: FibRoute): boolean => a.family === b.family && a.table === b.table && a.len === b.len && sameBytes(a.dst, b.dst) && a.tos === b.tos;

function change(c: IpContext, words: Words, op: 'add' | 'change' | 'replace' | 'append' | 'del'): void {
  const { givenTable: _given, ...given } = read(c, words);
  const fib = c.stack.fib;
  if (op === 'del') {
    const at = fib.statics.findIndex(
      (r) =>
        samePlace(r, given) &&
        (given.dev === 0 || r.dev === given.dev) &&
        (!given.via || (r.via && sameBytes(r.via, given.via))) &&
        (given.type === 'unicast' || r.type === given.type),
    );
    if (at < 0) throw refused('No such process');
    fib.setStatics(fib.statics.filter((_, i) => i !== at));
    return;
  }
  let route: FibRoute = given;
  if (given.type === 'unicast' || given.type === 'local') {
    const hops = given.hops.map((h) => resolveHop(c, given, h));
    if (!hops[0].dev && given.type === 'unicast') throw refused('No such device');
    route = { ...given, hops, dev: hops[0].dev, via: hops[0].via };
  }
  const clash = [...fib.derived(), ...fib.statics].find((r) => samePlace(r, route) && r.metric === route.metric);
  if (op === 'add' && clash && (route.family === 4 || (clash.dev === route.dev && sameBytes(clash.via ?? new Uint8Array(0), route.via ?? new Uint8Array(0)))))
    throw refused('File exists');
  if (op === 'change' && !clash) throw refused('No such file or directory');
  const rest = op === 'replace' || op === 'change' ? fib.statics.filter((r) => r !== clash) : fib.statics;
  fib.setStatics([...rest, route]);
}

function line(c: IpContext, r: FibRoute, showTable: boolean): string {
  const name = (i: number): string => c.stack.device(i)?.name ?? '';
  const dst = r.len === 0 ? 'default' : r.len === r.dst.length * 8 ? addrText(r.dst) : `${addrText(r.dst)}/${r.len}`;
  const up = r.dev === 0 || c.stack.device(r.dev)?.up;
  let t = `${r.type === 'unicast' ? '' : `${r.type} `}${dst} `;
  if (r.tos) t += `tos 0x${r.tos.toString(16)} `;
  if (r.hops.length === 1 && r.via) t += `via ${addrText(r.via)} `;
  if (r.hops.length === 1 && r.dev) t += `dev ${name(r.dev)} `;
  if (showTable && r.table !== 254) t += `table ${tableText(r.table)} `;
  if (r.proto !== 'boot') t += `proto ${r.proto} `;
  if (r.family === 4 && r.scope) t += `scope ${scopeText(r.scope)} `;
  if (r.src) t += `src ${addrText(r.src)} `;
  if (r.metric) t += `metric ${r.metric} `;
  if (r.realm) t += `realm ${r.realm >> 16 ? `${r.realm >> 16}/` : ''}${r.realm & 0xffff} `;
  if (r.mtu) t += `mtu ${r.mtuLocked ? 'lock ' : ''}${r.mtu} `;
  if (r.advmss) t += `advmss ${r.advmss} `;
  if (r.hopLimit) t += `hoplimit ${r.hopLimit} `;
  if (r.family === 6) t += 'pref medium';
  if (!up) t += 'linkdown ';
  for (const h of r.hops.length > 1 ? r.hops : []) t += `\n\tnexthop ${h.via ? `via ${addrText(h.via)} ` : ''}dev ${name(h.dev)} weight ${h.weight} `;
  return t;
}

function list(c: IpContext, words: Words, flush: boolean): void {
  let table = 254,
    dev = 0,
    prefix: ReturnType<typeof parsePrefix> | null = null,
    exact = false,
    all = false,
    cache = false,
    type: string | null = null,
    proto: string | null = null;
  while (words.more) {
    const w = words.next();
    if (w === 'table') {
      const t = words.next();
      if (t === 'all') all = true;
      else if (t === 'cache') cache = true;
      else table = parseTable(t);
    } else if (w === 'cache') cache = true;
    else if (w === 'dev' || w === 'oif') dev = device(c, words.next()).index;
    else if (w === 'type') type = words.next();
    else if (w === 'proto' || w === 'protocol') proto = words.next();
    else if (w === 'scope' || w === 'via' || w === 'src' || w === 'from' || w === 'metric' || w === 'tos') words.next();
    else if (w === 'root') prefix = parsePrefix(words.next(), c.family);
    else if (w === 'exact') {
      exact = true;
      prefix = parsePrefix(words.next(), c.family);
    } else if (w === 'match') words.next();
    else {
      exact = true;
      prefix = parsePrefix(w === 'to' ? words.next() : w, c.family);
    }
  }
  if (cache) return;
  const family: 4 | 6 = c.family === 6 || prefix?.family === 6 ? 6 : 4;
  const tables = all ? [...new Set([...c.stack.fib.tableIds()])].sort((a, b) => (family === 4 ? b - a : a - b)) : [table];
  const routes = tables
    .flatMap((t) => [...c.stack.fib.table(t, family)].sort((a, b) => compare(a, b)))
    .filter(
      (r) =>
        (dev === 0 || r.dev === dev) &&
        (!prefix || (exact ? r.len === prefix.len && sameBytes(r.dst, prefix.addr) : r.len >= prefix.len && prefixMatch(r.dst, prefix.addr, prefix.len))) &&
        (type === null || r.type === type) &&
        (proto === null || r.proto === proto),
    );
  if (flush) {
    const gone = new Set(routes);
    c.stack.fib.setStatics(c.stack.fib.statics.filter((r) => !gone.has(r)));
    return;
  }
  for (const r of routes) c.call.out(`${line(c, r, all)}\n`);
}

/** The order of a dump: by address, shorter prefixes first. */
function compare(a: FibRoute, b: FibRoute): number {
  if (a.family === 6 && (a.len === 0) !== (b.len === 0)) return a.len === 0 ? 1 : -1;
  for (let i = 0; i < a.dst.length; i++) if (a.dst[i] !== b.dst[i]) return a.dst[i] - b.dst[i];
  return a.len - b.len || a.metric - b.metric;
}

function get(c: IpContext, words: Words): void {
  let dst: Uint8Array | null = null,
    from: Uint8Array | null = null,
    iif = 0,
    oif = 0,
    mark = 0;
  while (words.more) {
    const w = words.next();
    if (w === 'from') from = parseAddr(words.next(), c.family);
    else if (w === 'iif') iif = device(c, words.next()).index;
    else if (w === 'oif' || w === 'dev') oif = device(c, words.next()).index;
    else if (w === 'mark') mark = parseUint(words.next(), 'invalid "mark"');
    else if (w === 'uid' || w === 'tos' || w === 'ipproto' || w === 'sport' || w === 'dport') words.next();
    else dst = parseAddr(w === 'to' ? words.next() : w, c.family);
  }
  if (!dst) throw new IpError('need at least a destination address\n', 1);
  const s = c.stack;
  const r = dst.length === 4 ? s.ip4.outputRoute(dst, from, { mark, oif, tos: 0 }) : s.ip6.outputRoute(dst, from, { mark, oif });
  if ('error' in r) throw refused(r.error === 'EINVAL' ? 'Invalid argument' : r.error === 'EHOSTUNREACH' ? 'No route to host' : 'Network is unreachable');
  if (iif) throw refused('Operation not supported');
  const t = `${r.dst.local ? 'local ' : r.dst.multicast ? 'multicast ' : r.dst.broadcast ? 'broadcast ' : ''}${addrText(dst)} ${from ? `from ${addrText(from)} ` : ''}${r.dst.gateway ? `via ${addrText(r.dst.gateway)} ` : ''}dev ${r.dst.dev.name} ${r.dst.route && r.dst.route.table !== 254 && r.dst.route.table !== 255 ? `table ${r.dst.route.table} ` : r.dst.local && dst.length === 4 ? 'table local ' : ''}`;
  c.call.out(
    dst.length === 4
      ? `${t}${from ? '' : `src ${addrText(r.saddr)} `}${mark ? `mark 0x${mark.toString(16)} ` : ''}uid 0 \n    cache ${r.dst.local ? '<local> ' : ''}\n`
      : `${t}${r.dst.route?.proto && r.dst.route.proto !== 'boot' ? `proto ${r.dst.route.proto} ` : ''}src ${addrText(r.saddr)} metric ${r.dst.route?.metric ?? 0} pref medium\n`,
  );
}
