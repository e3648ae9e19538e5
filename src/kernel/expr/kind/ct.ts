import type { Conntrack, Tuple } from '../../conntrack/entry.ts';
import { CTINFO, type Skb } from '../../net/skb.ts';
import { store16, store32, store64, store8, storeBe16, storeBytes, storeName } from '../bytes.ts';
import { defineExpression } from '../definition.ts';
import { FIELD, plainField, stateBits, type Field } from '../field.ts';
import { byteOf, NF, type OpEnvironment, type Regs } from '../machine.ts';

const direction = (skb: Skb): 0 | 1 => (skb.ctinfo >= CTINFO.establishedReply && skb.ctinfo <= CTINFO.relatedReply ? 1 : 0);
const tuple = (ct: Conntrack, dir: 'original' | 'reply'): Tuple => (dir === 'reply' ? ct.reply : ct.original);

type Read = (r: Regs, ct: Conntrack, at: number, dir: 'original' | 'reply' | undefined, skb: Skb, env: OpEnvironment) => boolean | void;

const sums = (ct: Conntrack, what: 'bytes' | 'packets', dir: 'original' | 'reply' | undefined): bigint => {
  const a = ct.acct;
  if (!a) return 0n;
  return dir === 'original' ? BigInt(a[what][0]) : dir === 'reply' ? BigInt(a[what][1]) : BigInt(a[what][0]) + BigInt(a[what][1]);
};
const address =
  (which: 'src' | 'dst', l3: 2 | 10 | 0): Read =>
  (r, ct, at, dir) => {
    const t = tuple(ct, dir ?? 'original');
    if (l3 && t.l3num !== l3) return false;
    storeBytes(r, at, t[which]);
    return true;
  };

/** NFT_CT_* by libnftnl's names; those read without a connection come first in `run`. */
const READ: Readonly<Record<string, Read>> = {
  direction: (r, _ct, at, _d, skb) => store8(r, at, direction(skb)),
  status: (r, ct, at) => store32(r, at, ct.status),
  mark: (r, ct, at) => store32(r, at, ct.mark),
  secmark: (r, ct, at) => store32(r, at, ct.secmark),
  expiration: (r, ct, at, _d, _s, env) => store32(r, at, ct.status & 8 ? Math.max(0, Math.floor(ct.expiresAt - env.nft.net.clock.now())) : 0),
  helper: (r, ct, at) => {
    const name = helperOf(ct);
    if (name === null) return false;
    storeName(r, at, name);
    return true;
  },
  labels: (r, ct, at) => storeBytes(r, at, ct.labels ?? new Uint8Array(16)),
  bytes: (r, ct, at, d) => store64(r, at, sums(ct, 'bytes', d)),
  packets: (r, ct, at, d) => store64(r, at, sums(ct, 'packets', d)),
  avgpkt: (r, ct, at, d) => {
    const p = sums(ct, 'packets', d);
    store64(r, at, p ? sums(ct, 'bytes', d) / p : 0n);
  },
  l3proto: (r, ct, at) => store8(r, at, ct.original.l3num),
  protocol: (r, ct, at) => store8(r, at, ct.original.protonum),
  src: address('src', 0),
  dst: address('dst', 0),
  src_ip: address('src', 2),
  dst_ip: address('dst', 2),
  src_ip6: address('src', 10),
  dst_ip6: address('dst', 10),
  proto_src: (r, ct, at, d) => storeBe16(r, at, tuple(ct, d ?? 'original').sport),
  proto_dst: (r, ct, at, d) => storeBe16(r, at, tuple(ct, d ?? 'original').dport),
  zone: (r, ct, at, d) => store16(r, at, d && ct.zone.dir !== 'both' && ct.zone.dir !== d ? 0 : ct.zone.id),
  id: (r, ct, at) => store32(r, at, ct.id),
};

const helperOf = (ct: Conntrack): string | null => {
  for (let c: Conntrack | null = ct; c; c = c.master) if (c.helper) return c.helper;
  return null;
};

const NEEDS_DIR = new Set(['src', 'dst', 'src_ip', 'dst_ip', 'src_ip6', 'dst_ip6', 'proto_src', 'proto_dst', 'l3proto', 'protocol']);
const MAY_DIR = new Set(['bytes', 'packets', 'avgpkt', 'zone']);
const COUNTED = new Set(['bytes', 'packets', 'avgpkt']);
const TRACKED = new Set(['ip', 'ip6', 'inet']);

/** nf_ct_netns_get: there is no tracking in arp and netdev, nor, without nf_conntrack_bridge, on bridges. */
export const trackable = (family: string): boolean => TRACKED.has(family);

/** Keys that plain tests can ask. */
const FIELDS: Readonly<Record<string, Field['kind']>> = { state: FIELD.ctState, mark: FIELD.ctMark, status: FIELD.ctStatus };

/** Bytes that a key fills, in whole registers. */
function lengthOf(key: string, family: string): number {
  if (key === 'src' || key === 'dst') return family === 'ip' ? 4 : 16;
  return key === 'helper' || key === 'labels' || key.endsWith('_ip6') ? 16 : COUNTED.has(key) ? 8 : 4;
}

/** nft_ct_get_ops */
export const definition = defineExpression({
  kind: 'ct',
  check(e, ctx) {
    if (e.key !== 'state' && !Object.hasOwn(READ, e.key)) return 'EOPNOTSUPP';
    if (e.dir !== undefined && !NEEDS_DIR.has(e.key) && !MAY_DIR.has(e.key)) return 'EINVAL';
    if (e.dir === undefined && NEEDS_DIR.has(e.key) && e.key !== 'l3proto' && e.key !== 'protocol') return 'EINVAL';
    if ((e.key === 'src' || e.key === 'dst') && !['ip', 'ip6', 'inet'].includes(ctx.family)) return 'EAFNOSUPPORT';
    if (!trackable(ctx.family)) return 'EPROTO';
    // nft_ct_get_init: nf_ct_set_acct
    if (COUNTED.has(e.key)) ctx.net.conntrack.conf.acct = 1;
    return null;
  },
  registers: (e, use, ctx) => use.store(e.dreg, lengthOf(e.key, ctx.family)),
  tests(e, reader) {
    const kind = FIELDS[e.key];
    if (kind === undefined) reader.unknown(e.dreg, 16);
    else reader.load(e.dreg, 4, 'host', () => plainField(kind, 4));
    return true;
  },
  compile(e, env) {
    const at = byteOf(e.dreg),
      read = READ[e.key],
      { dir } = e;
    if (e.key === 'state') return { run: (regs, skb) => store32(regs, at, stateBits(skb)) };
    return {
      run(regs, skb) {
        // A template that waits for tracking is what nf_ct_get gives.
        const ct = skb.ct ?? skb.template;
        if (!ct) {
          if (e.key === 'zone') {
            store16(regs, at, 0);
            return;
          }
          regs.verdict = NF.BREAK;
          return;
        }
        if (read(regs, ct, at, dir, skb, env) === false) regs.verdict = NF.BREAK;
      },
    };
  },
});
