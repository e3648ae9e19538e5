import { NFPROTO } from '../../net/hook.ts';
import type { HookState } from '../../net/hook-state.ts';
import { PACKET, type Skb } from '../../net/skb.ts';
import type { NetDevice } from '../../stack/device.ts';
import { store16, store32, store64, store8, storeBe16, storeName } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { FIELD, type Field } from '../field.ts';
import { hooksOnly, inetHooksOnly } from '../hooks.ts';
import { byteOf, NF, type OpEnvironment, type Regs } from '../machine.ts';

type Read = (regs: Regs, skb: Skb, state: HookState, at: number, env: OpEnvironment) => boolean | void;

const device =
  (pick: (state: HookState) => NetDevice | null, put: (regs: Regs, at: number, d: NetDevice) => void, absent?: (regs: Regs, at: number) => void): Read =>
  (regs, _skb, state, at) => {
    const d = pick(state);
    if (!d) {
      if (!absent) return false;
      absent(regs, at);
      return true;
    }
    put(regs, at, d);
    return true;
  };
const input = (s: HookState): NetDevice | null => s.in;
const output = (s: HookState): NetDevice | null => s.out;
/** What nft asks before it looks at a link-layer header holds on the way out as well. */
const linkType = (s: HookState): NetDevice | null => s.in ?? (s.hook === 'egress' ? s.out : null);
const zero = (regs: Regs, at: number): void => store32(regs, at, 0);
const noName = (regs: Regs, at: number): void => storeName(regs, at, '');

/** nft_meta_get_eval_pkttype_lo: what loops back is judged by its destination address. */
function packetType(skb: Skb, state: HookState): number {
  if (skb.pktType !== PACKET.loopback) return skb.pktType;
  const d = skb.data,
    n = skb.network;
  if (state.pf === 'ip') return (d[n + 16] & 0xf0) === 0xe0 ? PACKET.multicast : PACKET.broadcast;
  return state.pf === 'ip6' ? PACKET.multicast : PACKET.broadcast;
}

const NSEC = 1_000_000n;
const seconds = (env: OpEnvironment): number => Math.floor(env.nft.net.clock.wall() / 1000);

/** NFT_META_* by libnftnl's names. */
const READ: Readonly<Record<string, Read>> = {
  len: (r, skb, _s, at) => store32(r, at, skb.data.length - skb.head),
  protocol: (r, skb, _s, at) => storeBe16(r, at, skb.protocol),
  nfproto: (r, _skb, s, at) => store8(r, at, NFPROTO[s.pf]),
  l4proto: (r, _skb, _s, at) => {
    if (!r.l4) return false;
    store8(r, at, r.tprot);
    return true;
  },
  priority: (r, skb, _s, at) => store32(r, at, skb.priority),
  mark: (r, skb, _s, at) => store32(r, at, skb.mark),
  iif: device(input, (r, at, d) => store32(r, at, d.index), zero),
  oif: device(output, (r, at, d) => store32(r, at, d.index), zero),
  iifname: device(input, (r, at, d) => storeName(r, at, d.name), noName),
  oifname: device(output, (r, at, d) => storeName(r, at, d.name), noName),
  iiftype: device(linkType, (r, at, d) => store16(r, at, d.arphrd)),
  oiftype: device(output, (r, at, d) => store16(r, at, d.arphrd)),
  iifgroup: device(input, (r, at, d) => store32(r, at, d.group)),
  oifgroup: device(output, (r, at, d) => store32(r, at, d.group)),
  iifkind: device(input, (r, at, d) => storeName(r, at, d.kind)),
  oifkind: device(output, (r, at, d) => storeName(r, at, d.kind)),
  skuid: (r, skb, _s, at) => {
    if (!skb.sk || skb.sk.uid < 0) return false;
    store32(r, at, skb.sk.uid);
    return true;
  },
  skgid: (r, skb, _s, at) => {
    if (!skb.sk || skb.sk.gid < 0) return false;
    store32(r, at, skb.sk.gid);
    return true;
  },
  cgroup: (r, skb, _s, at) => {
    if (!skb.sk) return false;
    store32(r, at, skb.sk.cgroupClassid);
    return true;
  },
  rtclassid: (r, skb, _s, at) => (skb.dst ? store32(r, at, skb.rtclassid) : false),
  secmark: (r, skb, _s, at) => store32(r, at, skb.secmark),
  pkttype: (r, skb, s, at) => store8(r, at, packetType(skb, s)),
  cpu: (r, _skb, _s, at) => store32(r, at, 0),
  prandom: (r, _skb, _s, at, env) => store32(r, at, env.nft.net.random.u32()),
  secpath: (r, _skb, _s, at) => store8(r, at, 0),
  bri_iifname: () => false,
  bri_oifname: () => false,
  bri_iifpvid: () => false,
  bri_iifvproto: () => false,
  bri_iifhwaddr: () => false,
  time: (r, _skb, _s, at, env) => store64(r, at, BigInt(Math.floor(env.nft.net.clock.wall())) * NSEC),
  day: (r, _skb, _s, at, env) => store8(r, at, (4 + Math.floor(seconds(env) / 86400)) % 7),
  hour: (r, _skb, _s, at, env) => store32(r, at, seconds(env) % 86400),
  sdif: (r, skb, s, at) => store32(r, at, slave(skb, s)?.index ?? 0),
  sdifname: (r, skb, s, at) => storeName(r, at, slave(skb, s)?.name ?? ''),
};

/** inet_sdif: the device below an L3 master; this model has none. */
const slave = (_skb: Skb, _state: HookState): NetDevice | null => null;

const BRIDGE_ONLY = new Set(['bri_iifname', 'bri_oifname', 'bri_iifpvid', 'bri_iifvproto', 'bri_iifhwaddr']);

/** Keys that plain tests can ask. */
const FIELDS: Readonly<Record<string, { readonly kind: Field['kind']; readonly len: number; readonly order: 'host' | 'network' }>> = {
  len: { kind: FIELD.length, len: 4, order: 'host' },
  protocol: { kind: FIELD.protocol, len: 2, order: 'network' },
  nfproto: { kind: FIELD.nfproto, len: 1, order: 'host' },
  l4proto: { kind: FIELD.l4proto, len: 1, order: 'host' },
  priority: { kind: FIELD.priority, len: 4, order: 'host' },
  mark: { kind: FIELD.mark, len: 4, order: 'host' },
  iif: { kind: FIELD.iif, len: 4, order: 'host' },
  oif: { kind: FIELD.oif, len: 4, order: 'host' },
  iifname: { kind: FIELD.iifname, len: 16, order: 'network' },
  oifname: { kind: FIELD.oifname, len: 16, order: 'network' },
};

/** net/netfilter/nft_meta.c. This kernel is without nft_meta_bridge, so the bridge's own keys are refused. */
export const definition = defineExpression({
  kind: 'meta',
  check: (e) => (!Object.hasOwn(READ, e.key) || BRIDGE_ONLY.has(e.key) ? 'EOPNOTSUPP' : null),
  validate(e, ctx) {
    if (e.key === 'secpath') {
      if (ctx.family === 'netdev') return hooksOnly(ctx, ['ingress']);
      return inetHooksOnly(ctx, ['forward', 'input', 'prerouting']);
    }
    return e.key === 'sdif' || e.key === 'sdifname' ? inetHooksOnly(ctx, ['input', 'forward']) : null;
  },
  registers: (e, use) => use.store(e.dreg, e.key.endsWith('name') || e.key.endsWith('kind') ? 16 : e.key === 'time' ? 8 : 4),
  tests(e, reader) {
    const f = FIELDS[e.key];
    if (f) reader.load(e.dreg, f.len, f.order, (n) => ({ kind: f.kind, offset: 4 * n, len: Math.min(4, f.len) }));
    else reader.unknown(e.dreg, 16);
    return e.key !== 'prandom';
  },
  compile(e, env) {
    const read = READ[e.key],
      at = byteOf(e.dreg);
    return {
      run: (regs, skb, state) => {
        if (read(regs, skb, state, at, env) === false) regs.verdict = NF.BREAK;
      },
    };
  },
});
