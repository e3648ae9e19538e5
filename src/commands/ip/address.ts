import { sameBytes } from '../../kernel/net/wire/bytes.ts';
import { isLinkLocal6 } from '../../kernel/net/wire/ip.ts';
import type { NetDevice } from '../../kernel/stack/device.ts';
import { directedBroadcast, maskTo, prefixMatch, RT_SCOPE } from '../../kernel/stack/fib.ts';
import { abbreviates, addrText, IpError, parseAddr, parsePrefix } from './arguments.ts';
import type { Words } from './arguments.ts';
import { device, kernelError, refused } from './context.ts';
import type { IpContext } from './context.ts';
import { linkLines, shownName } from './link.ts';

const SCOPES: Readonly<Record<string, number>> = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 };
export const scopeText = (n: number): string => Object.entries(SCOPES).find(([, v]) => v === n)?.[0] ?? String(n);

/** ip addr */
export function runAddress(c: IpContext, words: Words): void {
  const verb = words.more ? words.next() : 'show';
  if (abbreviates(verb, 'add')) change(c, words, 'add');
  else if (abbreviates(verb, 'change') || abbreviates(verb, 'chg') || abbreviates(verb, 'replace')) change(c, words, 'replace');
  else if (abbreviates(verb, 'delete')) change(c, words, 'del');
  else if (abbreviates(verb, 'show') || abbreviates(verb, 'lst') || abbreviates(verb, 'list')) show(c, words);
  else if (abbreviates(verb, 'flush')) flush(c, words);
  else throw new IpError(`Command "${verb}" is unknown, try "ip address help".\n`);
}

interface Spec {
  addr: ReturnType<typeof parsePrefix> | null;
  peer: Uint8Array | null;
  broadcast: string | null;
  dev: string | null;
  scope: number | null;
  label: string | null;
  flags: string[];
}

function read(c: IpContext, words: Words): Spec {
  const s: Spec = { addr: null, peer: null, broadcast: null, dev: null, scope: null, label: null, flags: [] };
  while (words.more) {
    const w = words.next();
    if (w === 'dev') s.dev = words.next();
    else if (w === 'peer' || w === 'remote') {
      const p = parsePrefix(words.next(), c.family);
      s.peer = p.addr;
      if (s.addr) s.addr = { ...s.addr, len: p.len };
    } else if (w === 'broadcast' || (abbreviates(w, 'brd') && w.length > 1)) s.broadcast = words.next();
    else if (w === 'scope') {
      const t = words.next();
      s.scope = SCOPES[t] ?? Number(t);
    } else if (w === 'label') s.label = words.next();
    else if (w === 'nodad' || w === 'noprefixroute' || w === 'home' || w === 'mngtmpaddr' || w === 'autojoin') s.flags.push(w);
    else if (abbreviates(w, 'valid_lft') || abbreviates(w, 'preferred_lft') || w === 'metric' || w === 'priority' || w === 'proto') words.next();
    else {
      s.addr = parsePrefix(w === 'local' ? words.next() : w, c.family);
    }
  }
  return s;
}

function change(c: IpContext, words: Words, op: 'add' | 'replace' | 'del'): void {
  const s = read(c, words);
  if (s.dev === null) throw new IpError('Not enough information: "dev" argument is required.\n');
  const dev = device(c, s.dev);
  if (!s.addr) throw refused('Invalid argument');
  if (s.addr.family === 4) change4(c, dev, s, op);
  else change6(c, dev, s, op);
  c.stack.fib.invalidate();
}

function change4(c: IpContext, dev: NetDevice, s: Spec, op: 'add' | 'replace' | 'del'): void {
  const { addr, len } = s.addr as NonNullable<Spec['addr']>;
  const at = dev.addrs4.findIndex((a) => sameBytes(a.local, addr) && (op === 'del' && !s.addr?.hasLen ? true : a.len === len));
  if (op === 'del') {
    if (at < 0) throw kernelError('ipv4: Address not found.');
    const [gone] = dev.addrs4.splice(at, 1);
    if (!gone.secondary) {
      const mine = (a: NetDevice['addrs4'][number]): boolean => a.secondary && a.len === gone.len && prefixMatch(a.local, gone.local, gone.len);
      const promote = c.stack.conf.or4(dev.name, 'promote_secondaries');
      for (let i = dev.addrs4.length - 1; i >= 0; i--) if (mine(dev.addrs4[i]) && !promote) dev.addrs4.splice(i, 1);
      const next = dev.addrs4.findIndex(mine);
      if (next >= 0) dev.addrs4[next] = { ...dev.addrs4[next], secondary: false };
    }
    if (dev.addrs4.length === 0) c.stack.disableIp4(dev);
    return;
  }
  if (at >= 0) {
    if (op === 'add') throw kernelError('ipv4: Address already assigned.');
    return;
  }
  const secondary = dev.addrs4.some((a) => a.len === len && prefixMatch(addr, a.peer, len));
  const broadcast = s.broadcast === null || s.broadcast === '-' ? null : s.broadcast === '+' ? directedBroadcast(maskTo(addr, len), len) : parseAddr(s.broadcast, 4);
  dev.addrs4.push({ local: addr, peer: s.peer ?? addr, len, broadcast, label: s.label ?? dev.name, scope: s.scope ?? (addr[0] === 127 ? RT_SCOPE.host : 0), secondary });
}

function change6(c: IpContext, dev: NetDevice, s: Spec, op: 'add' | 'replace' | 'del'): void {
  const { addr, len } = s.addr as NonNullable<Spec['addr']>;
  const at = dev.addrs6.findIndex((a) => sameBytes(a.addr, addr));
  if (op === 'del') {
    if (at < 0) throw kernelError('ipv6: address not found.');
    dev.addrs6.splice(at, 1);
    return;
  }
  if (c.stack.conf.dev6(dev.name, 'disable_ipv6')) throw kernelError('ipv6: IPv6 is disabled on this device.');
  if (at >= 0) {
    if (op === 'add') throw kernelError('ipv6: address already assigned.');
    return;
  }
  dev.addrs6.unshift({
    addr,
    len,
    scope: isLinkLocal6(addr) ? 253 : addr[15] === 1 && addr.subarray(0, 15).every((x) => x === 0) ? 254 : 0,
    flags: ['permanent', ...s.flags],
    kernel: false,
  });
}

function flush(c: IpContext, words: Words): void {
  const s = read(c, words);
  for (const dev of s.dev === null ? c.stack.devices : [device(c, s.dev)]) {
    if (c.family !== 6) dev.addrs4.length = 0;
    if (c.family !== 4) dev.addrs6.length = 0;
  }
  c.stack.fib.invalidate();
}

/** ip addr show */
function show(c: IpContext, words: Words): void {
  let only: string | null = null,
    up = false;
  while (words.more) {
    const w = words.next();
    if (w === 'dev') only = words.next();
    else if (w === 'up') up = true;
    else if (w === 'scope' || w === 'to' || w === 'label' || w === 'type' || w === 'master') words.next();
    else only = w;
  }
  for (const dev of only === null ? c.stack.devices : [device(c, only)]) {
    if (up && !dev.up) continue;
    const lines4 =
      c.family === 6
        ? []
        : dev.addrs4.map(
            (a) =>
              `inet ${addrText(a.local)}${sameBytes(a.peer, a.local) ? '' : ` peer ${addrText(a.peer)}`}/${a.len}${a.broadcast ? ` brd ${addrText(a.broadcast)}` : ''} scope ${scopeText(a.scope)}${a.secondary ? ' secondary' : ''} ${a.label}`,
          );
    const lines6 =
      c.family === 4
        ? []
        : dev.addrs6.map(
            (a) =>
              `inet6 ${addrText(a.addr)}/${a.len} scope ${scopeText(a.scope)}${a.flags.includes('nodad') ? ' nodad' : ''}${a.flags.includes('noprefixroute') ? ' noprefixroute' : ''}${a.kernel && dev.type !== 'loopback' ? ' proto kernel_ll' : a.kernel ? ' proto kernel_lo' : ''} `,
          );
    if (c.family !== 0 && lines4.length + lines6.length === 0) continue;
    if (c.brief) {
      const list = [
        ...(c.family === 6 ? [] : dev.addrs4.map((a) => `${addrText(a.local)}/${a.len} `)),
        ...(c.family === 4 ? [] : dev.addrs6.map((a) => `${addrText(a.addr)}/${a.len} `)),
      ];
      c.call.out(`${shownName(c, dev).padEnd(16)} ${operstate(dev).padEnd(14)} ${list.join('')}\n`);
      continue;
    }
    if (c.oneline) {
      for (const l of [...lines4, ...lines6]) c.call.out(`${dev.index}: ${dev.name}    ${l}\\       valid_lft forever preferred_lft forever\n`);
      continue;
    }
    c.call.out(linkLines(c, dev, c.family === 0));
    for (const l of [...lines4, ...lines6]) c.call.out(`    ${l}\n       valid_lft forever preferred_lft forever\n`);
  }
}

export const operstate = (dev: NetDevice): string => (dev.type === 'loopback' || dev.type === 'dummy' || dev.type === 'tun' ? 'UNKNOWN' : dev.up ? 'UP' : 'DOWN');
