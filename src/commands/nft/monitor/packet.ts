import type { TracedPacket } from '../../../kernel/trace/nftrace.ts';
import type { Family } from '../../../kernel/net/hook.ts';
import type { Printer } from '../print/context.ts';
import { mk, valueExpr } from '../node.ts';
import { type Field, type Proto, protocol, upperOf } from '../proto.ts';

const ARPHRD_ETHER = 1;
const ETH_P_8021AD = 0x88a8;

interface Shown {
  readonly proto: Proto;
  readonly field: Field;
  readonly value: bigint;
}

function bits(b: Uint8Array, offset: number, len: number): bigint {
  const first = offset >> 3,
    last = (offset + len + 7) >> 3;
  let v = 0n;
  for (let i = first; i < last; i++) v = (v << 8n) | BigInt(b[i]);
  return (v >> BigInt(last * 8 - offset - len)) & ((1n << BigInt(len)) - 1n);
}

/** payload_expr_expand: fields in the table's order, each where the one before it ends; the last may be cut short. */
function fieldsOf(proto: Proto, b: Uint8Array, end = b.length * 8): Shown[] {
  const out: Shown[] = [];
  let at = 0;
  for (const f of proto.fields) {
    if (f.meta !== undefined || f.offset !== at) continue;
    const len = Math.min(f.len, end - at);
    if (len === 0) break;
    out.push({ proto, field: f, value: bits(b, at, len) });
    at += len;
    if (len < f.len) break;
  }
  return out;
}

/** The packet of a trace message as statements, the way trace_print_packet of src/netlink.c has them. */
class PacketText {
  readonly #family: Family;
  readonly #shown: Shown[] = [];
  #network: Proto | undefined;
  #transport: Proto | undefined;
  /** Statements that only say what the next header is, and are left out when that one is shown. */
  #key: Shown | undefined;

  constructor(family: Family) {
    this.#family = family;
  }

  /** ip and friends know their family; in the others what the packet is stays in the text. */
  get #mixed(): boolean {
    return this.#family === 'inet' || this.#family === 'bridge' || this.#family === 'netdev';
  }

  #add(list: readonly Shown[]): void {
    const order = list[0]?.proto.trace?.order,
      hidden = list[0]?.proto.trace?.hidden ?? [];
    const seen = list.filter((s) => !hidden.includes(s.field.name));
    if (!order) {
      this.#shown.push(...seen);
      return;
    }
    for (const name of order) {
      const s = seen.find((x) => x.field.name === name);
      // A field that is missing ends the list.
      if (!s) return;
      this.#shown.push(s);
    }
  }

  #kill(key: Shown | undefined): void {
    const at = key ? this.#shown.indexOf(key) : -1;
    if (at >= 0) this.#shown.splice(at, 1);
  }

  link(header: Uint8Array): void {
    const ether = protocol('ether') as Proto;
    let list = fieldsOf(ether, header, Math.min(header.length * 8, 112));
    this.#add(list);
    this.#key = list.find((s) => s.field.name === 'type');
    let next = this.#key && upperOf(ether, Number(this.#key.value));
    if (next?.base === 'link' && header.length > 14) {
      list = fieldsOf(next, header.subarray(14));
      if (list.length && Number(this.#key?.value) !== ETH_P_8021AD) this.#kill(this.#key);
      this.#add(list);
      this.#key = list.find((s) => s.field.name === 'type');
      next = this.#key && upperOf(next, Number(this.#key.value));
    }
    if (next?.base === 'network') this.#network = next;
  }

  network(header: Uint8Array, nfproto: number): void {
    const fixed = this.#family === 'ip' || this.#family === 'ip6' || this.#family === 'arp' ? protocol(this.#family) : undefined;
    const desc = fixed ?? this.#network ?? (this.#mixed && this.#family !== 'bridge' ? upperOf(protocol('inet'), nfproto) : undefined);
    if (!desc) return;
    const before = this.#shown.length,
      list = fieldsOf(desc, header);
    this.#add(list);
    if (this.#shown.length > before) this.#kill(this.#key);
    this.#key = list.find((s) => s.field.name === desc.key);
    this.#transport = this.#key && upperOf(desc, Number(this.#key.value));
  }

  transport(header: Uint8Array): void {
    const desc = this.#transport;
    if (!desc) return;
    let list = fieldsOf(desc, header);
    const chained = desc.key !== undefined && list.length > 1 ? upperOf(desc, Number(list[0].value)) : undefined;
    // What stands behind the key of ah and comp is read as the next header, but only as far as the field there goes.
    if (chained) list = [...(desc.name === 'comp' && this.#mixed ? [list[0]] : []), ...fieldsOf(chained, header.subarray(1), list[1].field.len)];
    const before = this.#shown.length;
    if (chained) this.#shown.push(...list);
    else this.#add(list);
    if (this.#shown.length > before && !this.#mixed) this.#kill(this.#key);
  }

  text(p: Printer): string {
    return this.#shown.map((s) => `${this.#statement(s, p)} `).join('');
  }

  #statement({ proto, field, value }: Shown, p: Printer): string {
    const left = mk({ kind: 'payload', base: proto.base, offset: field.offset, proto: proto.name, field: field.name, raw: false }, field.dtype, field.byteorder, field.len);
    const right = valueExpr(value, field.dtype, field.byteorder, field.len);
    return p.expr(mk({ kind: 'relational', op: 'eq', left, right }, 'verdict', 'invalid', 0));
  }
}

/** All that stands behind `packet: `. */
export function packetText(packet: TracedPacket, family: Family, p: Printer): string {
  const { iif, oif, link, network, transport } = packet,
    t = new PacketText(family);
  if (link && (family === 'bridge' || iif?.arphrd === ARPHRD_ETHER)) t.link(link);
  if (network) t.network(network, packet.nfproto);
  if (transport) t.transport(transport);
  return `${iif ? `iif "${iif.name}" ` : ''}${oif ? `oif "${oif.name}" ` : ''}${t.text(p)}`;
}
