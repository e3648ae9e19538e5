import { namesOf } from '../../kernel/net/names/index.ts';
import type { PacketAbout } from '../../kernel/net/skb.ts';
import { concat } from '../../kernel/net/wire/bytes.ts';
import type { NetDevice } from '../../kernel/stack/device.ts';
import type { Stack } from '../../kernel/stack/stack.ts';
import { type Header, PacketError, parsePacket } from '../../parsers/packet/index.ts';
import { cut } from './fragments.ts';
import { type Around, bytesValue, defaults, has, type Layer, number, valueBytes } from './layer.ts';
import { complete, nextNumber, Reader } from './layers.ts';
import { Surroundings } from './surroundings.ts';
import { kindNamed, VOCABULARY } from './words.ts';
import type { LayerKind } from './layer.ts';

export interface BuiltPacket {
  /** Device on which it arrives; null: the host sends it. */
  readonly device: string | null;
  /** In order; more than one when `fragments` cuts it. Ethernet frames for ethernet devices, else IP packets. */
  readonly frames: readonly Uint8Array[];
  readonly about: PacketAbout;
}

export interface BuildOptions {
  readonly stack: Stack;
  /** Reads a file of the host, for its name databases. */
  readonly file?: (path: string) => string | undefined;
  /** Device on which the packet arrives, where its text does not say. */
  readonly in?: string;
}

/**
 * Makes the bytes of a packet written as people write it (`ip saddr 203.0.113.7 tcp dport 22 flags syn`). What is not
 * written comes from the host: addresses of the device and its network, neighbours, lengths, checksums. Throws PacketError.
 */
export function buildPacket(text: string, o: BuildOptions): BuiltPacket {
  const tree = parsePacket(text, VOCABULARY);
  const read = new Reader(text, {
    names: namesOf(o.file ?? (() => undefined)),
    ifindex: (name) => o.stack.deviceByName(name)?.index,
    ifname: (index) => o.stack.device(index)?.name,
  });
  const all = joined(tree.headers).map((h) => read.layer(h));
  const meta = all.filter((l) => l.kind.base === 'meta');
  const payload = read.payload(tree);
  const layers = complete(
    all.filter((l) => l.kind.base !== 'meta'),
    tree.payload.length > 0,
    read,
  );
  const said = (field: string): number | undefined => {
    const l = meta.find((m) => has(m, field));
    return l && number(l, field);
  };
  const index = said('iifname');
  const device = index === undefined ? (o.in === undefined ? null : o.stack.deviceByName(o.in)) : o.stack.device(index);
  if (device === undefined) throw new PacketError(`no such device: ${o.in}`, text, { start: 0, end: text.length });
  const frames = new Builder({ text, stack: o.stack, device, layers, payload, length: said('length'), written: tree.payload.length > 0, pieces: said('fragments') }).run();
  return { device: device?.name ?? null, frames, about: { mark: said('mark'), priority: said('priority'), uid: said('skuid'), gid: said('skgid'), cgroup: said('cgroup') } };
}

/** As in rules a header's name may stand before each field; a field that is there twice begins a packet in the packet. */
function joined(headers: readonly Header[]): Header[] {
  const out: Header[] = [];
  for (const h of headers) {
    const last = out.at(-1);
    if (last?.name === h.name && h.settings.length > 0 && !h.settings.some((s) => last.settings.some((t) => t.field === s.field)))
      out[out.length - 1] = { ...last, settings: [...last.settings, ...h.settings], options: [...last.options, ...h.options] };
    else out.push(h);
  }
  return out;
}

interface Work {
  readonly text: string;
  readonly stack: Stack;
  readonly device: NetDevice | null;
  readonly layers: Layer[];
  readonly payload: Uint8Array;
  readonly written: boolean;
  /** Bytes of the whole IP packet, padded up to it. */
  readonly length: number | undefined;
  /** Largest piece. */
  readonly pieces: number | undefined;
}

const ETHER = kindNamed('ether') as LayerKind;
const isIp = (l: Layer): boolean => l.kind.name === 'ip' || l.kind.name === 'ip6';
const familyOf = (l: Layer): 4 | 6 => (l.kind.name === 'ip' ? 4 : 6);

class Builder {
  readonly #w: Work;
  readonly #near: Surroundings;

  constructor(work: Work) {
    this.#w = work;
    this.#near = new Surroundings(work.stack);
  }

  run(): Uint8Array[] {
    const { layers, device, pieces } = this.#w;
    this.#linkLayer();
    this.#choose();
    const link = layers.findIndex((l) => l.kind.base !== 'link');
    const size = (this.#w.length ?? 0) - this.#encode(link, this.#w.payload).length;
    const payload = size > 0 ? concat(this.#w.payload, new Uint8Array(size)) : this.#w.payload;
    const packet = this.#encode(link, payload);
    const cutUp = pieces === undefined ? [packet] : cut(packet, pieces);
    return device?.mac.length === 6 ? cutUp.map((p) => this.#wrap(link, p)) : cutUp;
  }

  /** Frames have an Ethernet header, packets of tun devices and of the host itself have none. */
  #linkLayer(): void {
    const { layers, device } = this.#w;
    const first = layers[0];
    if (device?.mac.length === 6) {
      if (first.kind.name !== 'ether') layers.unshift({ ...first, kind: ETHER, values: new Map(), options: [], header: null });
    } else if (first.kind.base === 'link')
      throw new PacketError(
        device ? `${device.name} carries no Ethernet frames` : 'a packet that the host sends begins with its IP header; frames come in on a device',
        this.#w.text,
        first.place,
      );
    if (!device && first.kind.name === 'arp') throw new PacketError('the host asks by ARP itself; write the device on which this arrives', this.#w.text, first.place);
  }

  #around(i: number): Around {
    const { layers, written } = this.#w;
    const next = layers[i + 1] ?? null;
    return { outer: layers.slice(0, i), next, nextNumber: next && nextNumber(layers[i].kind, next.kind), payload: written };
  }

  #choose(): void {
    const { layers } = this.#w;
    for (const [i, l] of layers.entries()) {
      l.kind.choose?.(l, this.#around(i));
      if (isIp(l)) this.#addresses(l, i);
      if (l.kind.name === 'arp') this.#arp(l);
    }
    for (const [i, l] of layers.entries()) if (l.kind.name === 'ether') this.#macs(l, i);
  }

  #fail(l: Layer, message: string): PacketError {
    const { text } = this.#w;
    return new PacketError(message, text, l.header ? l.place : { start: 0, end: text.length });
  }

  #addresses(l: Layer, i: number): void {
    const { layers } = this.#w;
    const outer = layers.slice(0, i).findLast(isIp);
    if (outer) {
      // Inside an ICMP error lies a packet that went the other way; inside a tunnel the same way is as good as any.
      const error = layers[i - 1].kind.name.startsWith('icmp') && outer.kind === l.kind;
      const [from, to] = error ? ['daddr', 'saddr'] : ['saddr', 'daddr'];
      if (outer.kind === l.kind) defaults(l, { saddr: outer.values.get(from) ?? 0n, daddr: outer.values.get(to) ?? 0n });
      if (!has(l, 'saddr') || !has(l, 'daddr')) throw this.#fail(l, `the inner ${l.kind.name} header wants saddr and daddr`);
      return;
    }
    const family = familyOf(l);
    const bytes = (name: string): Uint8Array | undefined => (has(l, name) ? valueBytes(l.values.get(name) as bigint, family === 4 ? 4 : 16) : undefined);
    const [saddr, daddr] = this.#w.device ? this.#arriving(l, i, family, bytes('saddr'), bytes('daddr')) : this.#leaving(l, family, bytes('saddr'), bytes('daddr'));
    defaults(l, { saddr: bytesValue(saddr), daddr: bytesValue(daddr) });
  }

  #arriving(l: Layer, i: number, family: 4 | 6, saddr?: Uint8Array, daddr?: Uint8Array): [Uint8Array, Uint8Array] {
    const dev = this.#receiver();
    const to = daddr ?? this.#usualTarget(i) ?? this.#near.ownAddress(dev, family, saddr);
    if (!to) throw this.#fail(l, `${dev.name} has no ${family === 4 ? 'IPv4' : 'IPv6'} address: write daddr`);
    const from = saddr ?? this.#near.neighbourAddress(dev, family, to);
    if (!from) throw this.#fail(l, `${dev.name} has no ${family === 4 ? 'IPv4' : 'IPv6'} network: write saddr`);
    return [from, to];
  }

  #leaving(l: Layer, family: 4 | 6, saddr?: Uint8Array, daddr?: Uint8Array): [Uint8Array, Uint8Array] {
    const to = daddr ?? this.#near.someoneOutside(family);
    if (!to) throw this.#fail(l, 'the host knows nobody outside: write daddr');
    const from = saddr ?? this.#near.sourceFor(to);
    if (!from) throw this.#fail(l, 'the host has no route there: write saddr');
    return [from, to];
  }

  /** Where neighbour solicitations and IGMP messages go. */
  #usualTarget(i: number): Uint8Array | null {
    const next = this.#w.layers[i + 1];
    if (next?.kind.name === 'igmp') return has(next, 'group') ? valueBytes(next.values.get('group') as bigint, 4) : Uint8Array.of(224, 0, 0, 1);
    if (next?.kind.name !== 'icmpv6' || next.values.get('type') !== 135n) return null;
    if (!has(next, 'taddr')) {
      const own = this.#near.ownAddress(this.#receiver(), 6);
      if (own) defaults(next, { taddr: bytesValue(own) });
    }
    const target = valueBytes(next.values.get('taddr') ?? 0n, 16);
    return Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...target.subarray(13));
  }

  /** The device of the host that will take the packet: by the VLAN tag, else where it arrives. */
  #receiver(): NetDevice {
    const dev = this.#w.device as NetDevice;
    const tag = this.#w.layers.find((l) => l.kind.name === 'vlan');
    return (tag && this.#near.vlan(dev, number(tag, 'id'))) || dev;
  }

  #arp(l: Layer): void {
    const dev = this.#receiver();
    const own = this.#near.ownAddress(dev, 4);
    const written = l.values.get('saddr ip');
    const from = written === undefined ? this.#near.neighbourAddress(dev, 4) : valueBytes(written, 4);
    if (!from) throw this.#fail(l, `${dev.name} has no IPv4 network: write saddr ip`);
    if (own) defaults(l, { 'daddr ip': bytesValue(own) });
    defaults(l, { 'saddr ip': bytesValue(from), 'saddr ether': bytesValue(this.#near.sourceMac(dev, from)) });
    if (number(l, 'operation') !== 1) defaults(l, { 'daddr ether': bytesValue(dev.mac) });
  }

  #macs(l: Layer, i: number): void {
    const inner = this.#w.layers.slice(i + 1).find((x) => x.kind.base === 'network');
    const dev = this.#receiver();
    if (inner?.kind.name === 'arp') {
      defaults(l, { saddr: inner.values.get('saddr ether') ?? 0n, daddr: number(inner, 'operation') === 1 ? 0xffffffffffffn : bytesValue(dev.mac) });
    } else if (inner) {
      const size = inner.kind.name === 'ip' ? 4 : 16;
      const at = (name: string): Uint8Array => valueBytes(inner.values.get(name) ?? 0n, size);
      defaults(l, { saddr: bytesValue(this.#near.sourceMac(dev, at('saddr'))), daddr: bytesValue(this.#near.destinationMac(dev, at('daddr'))) });
    }
    const gateway = this.#near.gateway(dev, 4) ?? Uint8Array.of(0, 0, 0, 1);
    defaults(l, { saddr: bytesValue(this.#near.sourceMac(dev, gateway)), daddr: bytesValue(dev.mac) });
  }

  /** Layers from the innermost out to `from`. */
  #encode(from: number, payload: Uint8Array): Uint8Array {
    let bytes = payload;
    if (from >= 0) for (let i = this.#w.layers.length - 1; i >= from; i--) bytes = this.#w.layers[i].kind.encode(this.#w.layers[i], bytes, this.#around(i));
    return bytes;
  }

  #wrap(link: number, packet: Uint8Array): Uint8Array {
    let bytes = packet;
    for (let i = (link < 0 ? this.#w.layers.length : link) - 1; i >= 0; i--) bytes = this.#w.layers[i].kind.encode(this.#w.layers[i], bytes, this.#around(i));
    return bytes;
  }
}
