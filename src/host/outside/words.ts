import { namesOf } from '../../kernel/net/names/index.ts';
import type { Netns } from '../../kernel/netns.ts';
import { ptonV4, ptonV6 } from '../../kernel/xt/address.ts';
import { Surroundings } from '../packet/surroundings.ts';
import type { Conversation, Party, Protocol } from './conversation.ts';

/** A port by number or by its name in /etc/services. Throws. */
export function portOf(text: string, proto: 'tcp' | 'udp'): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : namesOf(() => undefined).service(text, proto);
  if (port === undefined || port < 1 || port > 65535) throw new Error(`no such ${proto} port: ${text}`);
  return port;
}

/** `FROM TO`, `FROM -> TO`. */
function ends(text: string): readonly [string, string] {
  const parts = text.split(/\s+/).filter((w) => w !== '' && w !== '->' && w !== 'to');
  if (parts.length !== 2) throw new Error("wanted FROM and TO: drywall connect '203.0.113.7 -> 192.0.2.10:22'");
  return [parts[0], parts[1]];
}

/** `ADDRESS:PORT`, `[ADDRESS]:PORT`, `ADDRESS`; the address may be `host`. */
function target(text: string, udp: boolean): { readonly address: string; readonly port: number | null } {
  const m = /^\[([^\]]+)\](?::(.+))?$/.exec(text) ?? /^([^:]+)(?::([^:]+))?$/.exec(text);
  if (m) return { address: m[1], port: m[2] === undefined ? null : portOf(m[2], udp ? 'udp' : 'tcp') };
  return { address: text, port: null };
}

const address = (text: string): Uint8Array => {
  const a = ptonV4(text) ?? ptonV6(text);
  if (!a) throw new Error(`no address: ${text}`);
  return a;
};

/** `host`; a device, for a neighbour on it; an address outside, with `@DEVICE` where the routes do not say. */
function party(net: Netns, text: string, to: string): Party {
  const { stack } = net;
  if (text === 'host') return { kind: 'host' };
  const near = new Surroundings(stack);
  const [who, by] = text.split('@');
  const named = stack.deviceByName(by ?? who);
  if (by !== undefined && !named) throw new Error(`no such device: ${by}`);
  if (named && by === undefined) {
    const a = near.neighbourAddress(named, to.includes(':') ? 6 : 4);
    if (!a) throw new Error(`${named.name} has no network`);
    return { kind: 'outside', address: a, device: named.name };
  }
  const a = address(who);
  if (near.isLocal(a)) return { kind: 'host' };
  if (named) return { kind: 'outside', address: a, device: named.name };
  const r = a.length === 4 ? stack.ip4.outputRoute(a, null, { mark: 0, oif: 0, tos: 0 }) : stack.ip6.outputRoute(a, null, { mark: 0, oif: 0 });
  if ('error' in r || r.dst.local) throw new Error(`the host has no route to ${who}: write ${who}@DEVICE`);
  return { kind: 'outside', address: a, device: r.dst.dev.name };
}

/** What `FROM -> TO` means on a host. Without a protocol it is TCP, or a ping where there is no port. Throws with words for people. */
export function conversationInWords(net: Netns, text: string, wanted?: Protocol): Conversation {
  const [left, right] = ends(text);
  const t = target(right, wanted === 'udp');
  const from = party(net, left, t.address);
  const near = new Surroundings(net.stack);
  const own = (): Uint8Array | null => {
    const dev = net.stack.deviceByName(from.kind === 'host' ? 'lo' : from.device);
    return dev === undefined ? null : near.ownAddress(dev, from.kind === 'outside' && from.address.length === 16 ? 6 : 4);
  };
  const to = t.address === 'host' ? own() : address(t.address);
  if (!to) throw new Error('the host has no address there');
  if (from.kind === 'outside' && from.address.length !== to.length) throw new Error('FROM and TO are of two families');
  const protocol = wanted ?? (t.port === null ? 'ping' : 'tcp');
  if (protocol === 'udp' && t.port === null) throw new Error('UDP wants a port');
  return { from, to, port: t.port ?? (protocol === 'ftp' || protocol === 'ftp-active' ? 21 : 0), protocol };
}
