import { PACKET } from '../../net/skb.ts';
import { defineExtension } from '../definition.ts';
import { jhash2 } from '../../net/jhash.ts';
import { isIp6 } from '../packet.ts';
import { draftOf, fail, hex, numberOf } from '../value.ts';

/** struct xt_cluster_match_info */
type ClusterInfo = { readonly total_nodes: number; readonly node_mask: number; readonly hash_seed: number; readonly invert: boolean };

const mask32 = (i: ClusterInfo): string => `0x${hex(i.node_mask, 8)}`;

export const match = defineExtension<ClusterInfo>({
  kind: 'match',
  name: 'cluster',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  revision: 0,
  options: [
    { name: 'cluster-total-nodes', type: 'uint32', min: 1, max: 32, mandatory: true },
    { name: 'cluster-local-node', type: 'uint32', min: 1, max: 32, invert: true, excludes: ['cluster-local-nodemask'] },
    { name: 'cluster-local-nodemask', type: 'uint32', min: 1, max: 32, invert: true, excludes: ['cluster-local-node'] },
    { name: 'cluster-hash-seed', type: 'uint32', mandatory: true },
  ],
  help: () => `cluster match options:
  --cluster-total-nodes <num>		Set number of total nodes in cluster
  [!] --cluster-local-node <num>	Set the local node number
  [!] --cluster-local-nodemask <num>	Set the local node mask
  --cluster-hash-seed <num>		Set seed value of the Jenkins hash
`,
  init: () => ({ total_nodes: 0, node_mask: 0, hash_seed: 0, invert: false }),
  parse(o, draft) {
    const info = draftOf<ClusterInfo>(draft);
    const n = numberOf(o);
    switch (o.name) {
      case 'cluster-total-nodes':
        info.total_nodes = n;
        break;
      case 'cluster-local-node':
        if (o.inverted) info.invert = true;
        info.node_mask = (1 << (n - 1)) >>> 0;
        break;
      case 'cluster-local-nodemask':
        if (o.inverted) info.invert = true;
        info.node_mask = n;
        break;
      default:
        info.hash_seed = n;
    }
  },
  finish(draft, context) {
    const info = draftOf<ClusterInfo>({ ...draft });
    const has = (name: string): boolean => context.seen.has(name);
    const all = ['cluster-total-nodes', 'cluster-hash-seed'].every(has) && (has('cluster-local-node') || has('cluster-local-nodemask'));
    if (all && info.node_mask >= 2 ** info.total_nodes) {
      fail(
        has('cluster-local-node')
          ? "cluster match: `--cluster-local-node' must be <= `--cluster-total-nodes'"
          : "cluster match: `--cluster-local-nodemask' too big for `--cluster-total-nodes'",
      );
    }
    if (!has('cluster-local-node') && !has('cluster-local-nodemask')) fail("cluster match: `--cluster-local-node' or`--cluster-local-nodemask' is missing");
    return info;
  },
  save: (i) => `${i.invert ? ' !' : ''} --cluster-local-nodemask ${mask32(i)} --cluster-total-nodes ${i.total_nodes} --cluster-hash-seed 0x${hex(i.hash_seed, 8)}`,
  print: (i) => ` cluster ${i.invert ? '!' : ''}node_mask=${mask32(i)} total_nodes=${i.total_nodes} hash_seed=0x${hex(i.hash_seed, 8)}`,
  /** cluster_xlate: one node counted from 1, several as a set from 0; inversion is lost */
  translate(i) {
    const nodes = Array.from({ length: 32 }, (_, n) => n).filter((n) => (i.node_mask >>> n) & 1);
    const head = `jhash ct original saddr mod ${i.total_nodes} seed 0x${hex(i.hash_seed, 8)} `;
    const list = nodes.length === 1 ? `eq ${nodes[0] + 1}` : `{ ${nodes.join(', ')} }`;
    return `${head}${list} meta pkttype set host`;
  },
  check: (i) => (i.total_nodes > 32 || i.total_nodes === 0 ? 'EINVAL' : i.node_mask >= 2 ** i.total_nodes ? 'EDOM' : null),
  /** xt_cluster.c: xt_cluster_mt: multicast taken off the wire is made a packet for this host. */
  match(i, skb) {
    const d = skb.data.subarray(skb.network);
    const multicast = isIp6(skb) ? d[24] === 0xff : d[16] >> 4 === 14;
    if (!multicast && skb.pktType === PACKET.multicast) skb.pktType = PACKET.host;
    if (skb.ct === null) return false;
    const src = (skb.ct.master ?? skb.ct).original.src;
    // xt_cluster_hash_ipv6: of an IPv6 address, too, only the first word.
    const hash = jhash2([little(src, 0)], i.hash_seed);
    const node = Number((BigInt(hash >>> 0) * BigInt(i.total_nodes)) >> 32n);
    return (((1 << node) & i.node_mask) !== 0) !== i.invert;
  },
});

const little = (a: Uint8Array, at: number): number => (a[at] | (a[at + 1] << 8) | (a[at + 2] << 16) | (a[at + 3] << 24)) >>> 0;
