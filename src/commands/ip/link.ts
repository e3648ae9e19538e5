import type { DeviceType, NetDevice } from '../../kernel/stack/device.ts';
import { operstate } from './address.ts';
import { abbreviates, IpError, macOf, parseLladdr, parseUint } from './arguments.ts';
import type { Words } from './arguments.ts';
import { bridgeOptions } from './bridge.ts';
import { device, refused } from './context.ts';
import type { IpContext } from './context.ts';

const KINDS: Readonly<Record<string, DeviceType>> = { bridge: 'bridge', veth: 'veth', vlan: 'vlan', dummy: 'dummy', ifb: 'dummy' };

/** ip link */
export function runLink(c: IpContext, words: Words): void {
  const verb = words.more ? words.next() : 'show';
  if (abbreviates(verb, 'add')) add(c, words);
  else if (abbreviates(verb, 'set') || abbreviates(verb, 'change')) set(c, words);
  else if (abbreviates(verb, 'delete')) remove(c, words);
  else if (abbreviates(verb, 'show') || abbreviates(verb, 'lst') || abbreviates(verb, 'list')) show(c, words);
  else throw new IpError(`Command "${verb}" is unknown, try "ip link help".\n`);
}

function add(c: IpContext, words: Words): void {
  let name: string | null = null,
    link: string | null = null,
    kind: string | null = null,
    mac: Uint8Array | undefined,
    mtu: number | undefined;
  let vlanId = 0,
    peer: string | null = null,
    peerMac: Uint8Array | undefined,
    up = false,
    master: string | null = null,
    options: ((bridge: NetDevice) => void)[] = [];
  while (words.more) {
    const w = words.next();
    if (w === 'name') name = words.next();
    else if (w === 'dev') name = words.next();
    else if (w === 'link') link = words.next();
    else if (w === 'address') {
      const m = parseLladdr(words.next());
      if (peer !== null) peerMac = m;
      else mac = m;
    } else if (w === 'mtu') mtu = parseUint(words.next(), 'Invalid "mtu" value');
    else if (w === 'master') master = words.next();
    else if (w === 'up') up = true;
    else if (w === 'type') {
      kind = words.next();
      if (kind === 'bridge') options = bridgeOptions(words);
    } else if (kind === 'vlan' && w === 'id') vlanId = parseUint(words.next(), 'id is invalid');
    else if (kind === 'vlan' && (w === 'protocol' || w === 'proto')) words.next();
    else if (kind === 'veth' && w === 'peer') {
      if (words.peek() === 'name') words.next();
      peer = words.next();
    } else if (kind !== null) words.next();
    else if (name === null) name = w;
    else throw new IpError(`Garbage instead of arguments "${w} ...". Try "ip link help".\n`);
  }
  if (kind === null) throw new IpError('Not enough information: "type" argument is required\n', 255);
  const type = KINDS[kind];
  if (!type) throw new IpError('Error: Unknown device type.\n', 2);
  if (name === null) {
    let i = 0;
    while (c.stack.deviceByName(`${kind}${i}`)) i++;
    name = `${kind}${i}`;
  }
  if (name.length > 15 || /[\s/]/.test(name) || name === '' || name === '.' || name === '..') throw new IpError(`Error: argument "${name}" is wrong: "name" not a valid ifname\n`);
  if (c.stack.deviceByName(name)) throw refused('File exists');
  const lower = link === null ? null : device(c, link);
  if (type === 'vlan' && !lower) throw new IpError('Error: link not specified.\n', 2);
  if (type === 'veth') {
    if (peer === null) {
      let i = 0;
      while (c.stack.deviceByName(`veth${i}`)) i++;
      peer = `veth${i}`;
    }
    // The peer is made first.
    const other = c.stack.addDevice(peer, 'veth', { mac: peerMac, kind });
    const dev = c.stack.addDevice(name, 'veth', { mac, mtu, kind });
    dev.peer = other.index;
    other.peer = dev.index;
    if (up) c.stack.setUp(dev, true);
    return;
  }
  const dev = c.stack.addDevice(name, type, {
    mac: mac ?? (type === 'vlan' ? lower?.mac.slice() : undefined),
    mtu: mtu ?? lower?.mtu,
    kind,
    vlan: lower ? { lower: lower.index, id: vlanId } : undefined,
  });
  for (const option of options) option(dev);
  if (master !== null) c.stack.setMaster(dev, device(c, master));
  if (up) c.stack.setUp(dev, true);
}

function set(c: IpContext, words: Words): void {
  let dev: NetDevice | null = null;
  const todo: (() => void)[] = [];
  const target = (): NetDevice => {
    if (!dev) throw new IpError('Not enough of information: "dev" argument is required.\n');
    return dev;
  };
  while (words.more) {
    const w = words.next();
    if (w === 'up') todo.push(() => c.stack.setUp(target(), true));
    else if (w === 'down') todo.push(() => c.stack.setUp(target(), false));
    else if (w === 'mtu') {
      const n = parseUint(words.next(), 'Invalid "mtu" value');
      todo.push(() => setMtu(c, target(), n));
    } else if (w === 'address') {
      const m = parseLladdr(words.next());
      todo.push(() => {
        target().mac = m;
        target().macSet = true;
      });
    } else if (w === 'name') {
      const n = words.next();
      todo.push(() => rename(c, target(), n));
    } else if (w === 'master') {
      const name = words.next();
      const bridge = c.stack.deviceByName(name);
      if (!bridge) throw new IpError(`Error: argument "${name}" is wrong: Device does not exist\n\n`, 255);
      todo.push(() => {
        c.stack.setMaster(target(), bridge);
        adoptMac(c, bridge);
      });
    } else if (w === 'nomaster')
      todo.push(() => {
        const bridge = c.stack.device(target().master);
        c.stack.setMaster(target(), null);
        if (bridge) adoptMac(c, bridge);
      });
    else if (w === 'group') {
      const g = words.next();
      todo.push(() => {
        target().group = g === 'default' ? 0 : parseUint(g, 'Invalid "group" value');
      });
    } else if (w === 'txqueuelen' || w === 'qlen' || w === 'txqlen') {
      const n = parseUint(words.next(), 'Invalid "txqueuelen" value');
      todo.push(() => {
        target().txqlen = n;
      });
    } else if (w === 'arp') {
      const on = words.next();
      todo.push(() => {
        target().noarp = on === 'off';
      });
    } else if (w === 'promisc') {
      const on = words.next();
      todo.push(() => {
        target().promisc = on === 'on';
      });
    } else if (w === 'multicast' || w === 'allmulticast' || w === 'dynamic' || w === 'alias' || w === 'netns' || w === 'addrgenmode') words.next();
    else if (w === 'type') {
      const kind = words.next();
      if (kind === 'bridge') {
        const options = bridgeOptions(words);
        todo.push(() => {
          if (target().kind !== 'bridge') throw refused('Operation not supported');
          for (const option of options) option(target());
        });
      }
    } else if (w === 'dev') dev = device(c, words.next());
    else if (!dev) dev = device(c, w);
    else throw new IpError(`Error: either "dev" is duplicate, or "${w}" is a garbage.\n`);
  }
  target();
  for (const f of todo) f();
}

function setMtu(c: IpContext, dev: NetDevice, mtu: number): void {
  if (dev.type !== 'loopback' && mtu < 68) throw new IpError('Error: mtu less than device minimum.\n', 2);
  if (mtu > 65535 && dev.type !== 'loopback') throw new IpError('Error: mtu greater than device maximum.\n', 2);
  c.stack.setMtu(dev, mtu);
}

/** A bridge takes the lowest address of its ports, unless it was given one (net/bridge/br_stp_if.c: br_stp_recalculate_bridge_id). */
function adoptMac(c: IpContext, bridge: NetDevice): void {
  if (bridge.type !== 'bridge' || bridge.macSet) return;
  const [lowest] = c.stack.devices
    .filter((d) => d.master === bridge.index)
    .map((d) => macOf(d.mac))
    .sort();
  bridge.mac = parseLladdr(lowest ?? '00:00:00:00:00:00');
}

function rename(c: IpContext, dev: NetDevice, name: string): void {
  if (c.stack.deviceByName(name)) throw refused('File exists');
  c.stack.conf.renameDevice(dev.name, name);
  dev.name = name;
}

function remove(c: IpContext, words: Words): void {
  let name: string | null = null;
  while (words.more) {
    const w = words.next();
    if (w === 'dev') name = words.next();
    else if (w === 'type') {
      words.next();
      break;
    } else name = w;
  }
  if (name === null) throw new IpError('Not enough of information: "dev" argument is required.\n');
  const dev = device(c, name);
  if (dev.kind === '') throw refused('Operation not supported');
  const peer = dev.peer === undefined ? undefined : c.stack.device(dev.peer);
  c.stack.removeDevice(dev);
  if (peer) c.stack.removeDevice(peer);
}

function show(c: IpContext, words: Words): void {
  let only: string | null = null,
    up = false,
    kind: string | null = null,
    master: string | null = null;
  while (words.more) {
    const w = words.next();
    if (w === 'dev') only = words.next();
    else if (w === 'up') up = true;
    else if (w === 'type') kind = words.next();
    else if (w === 'master') master = words.next();
    else if (w === 'group' || w === 'vrf') words.next();
    else only = w;
  }
  const lines = only === null ? c.stack.devices : [deviceToShow(c, only)];
  for (const dev of lines) {
    if ((up && !dev.up) || (kind !== null && dev.kind !== kind) || (master !== null && dev.master !== device(c, master).index)) continue;
    if (c.brief) c.call.out(`${shownName(c, dev).padEnd(16)} ${operstate(dev).padEnd(14)} ${(dev.mac.length ? macOf(dev.mac) : '').padEnd(17)} <${flags(dev)}> \n`);
    else c.call.out(linkLines(c, dev, true, ' mode DEFAULT'));
  }
}

function deviceToShow(c: IpContext, name: string): NetDevice {
  const dev = c.stack.deviceByName(name);
  if (!dev) throw new IpError(`Device "${name}" does not exist.\n`, 1);
  return dev;
}

function flags(dev: NetDevice): string {
  const out: string[] = [];
  if (dev.type === 'loopback') out.push('LOOPBACK');
  else if (dev.type === 'tun') out.push('POINTOPOINT', 'MULTICAST', 'NOARP');
  else out.push('BROADCAST', ...(dev.noarp ? ['NOARP'] : []), 'MULTICAST');
  if (dev.promisc) out.push('PROMISC');
  if (dev.up) out.push('UP', 'LOWER_UP');
  return out.join(',');
}

/** A device with what lies below it, or its other end (print_name_and_link). */
export function shownName(c: IpContext, dev: NetDevice): string {
  const below = dev.vlan?.lower ?? dev.peer;
  const lower = below === undefined ? undefined : c.stack.device(below);
  return lower ? `${dev.name}@${lower.name}` : dev.name;
}

/** The one or two lines that describe a device (print_linkinfo). */
export function linkLines(c: IpContext, dev: NetDevice, second: boolean, mode = ''): string {
  const master = dev.master ? c.stack.device(dev.master) : undefined;
  const qdisc = dev.type === 'loopback' || dev.kind === 'bridge' || dev.kind === 'veth' || dev.kind === 'vlan' || dev.kind === 'dummy' ? 'noqueue' : 'fq_codel';
  const first = `${dev.index}: ${shownName(c, dev)}: <${flags(dev)}> mtu ${dev.mtu} qdisc ${dev.up ? qdisc : 'noop'} ${master ? `master ${master.name} ` : ''}state ${operstate(dev)}${mode} group ${dev.group === 0 ? 'default' : dev.group} qlen ${dev.txqlen}`;
  if (!second) return `${first}\n`;
  const kind = dev.type === 'loopback' ? 'loopback' : dev.type === 'tun' ? 'none' : 'ether';
  const address = dev.mac.length ? ` ${macOf(dev.mac)} brd ${dev.type === 'loopback' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff'}` : ' ';
  return `${first}${c.oneline ? '\\' : '\n'}    link/${kind}${address}\n`;
}
