import type { ByteOrder, DatatypeName } from '../../../parsers/nft/ast.ts';

export interface Key {
  readonly dtype: DatatypeName;
  readonly len: number;
  readonly byteorder: ByteOrder;
}
const k = (dtype: DatatypeName, len: number, byteorder: ByteOrder): Key => ({ dtype, len, byteorder });

/** meta_templates of src/meta.c, in the order in which errors list them. */
export const META: Readonly<Record<string, Key>> = {
  length: k('integer', 32, 'host'),
  protocol: k('ether_type', 16, 'big'),
  priority: k('classid', 32, 'host'),
  mark: k('mark', 32, 'host'),
  iif: k('iface_index', 32, 'host'),
  oif: k('iface_index', 32, 'host'),
  iifname: k('ifname', 128, 'host'),
  oifname: k('ifname', 128, 'host'),
  iiftype: k('iface_type', 16, 'host'),
  oiftype: k('iface_type', 16, 'host'),
  skuid: k('uid', 32, 'host'),
  skgid: k('gid', 32, 'host'),
  nftrace: k('integer', 1, 'host'),
  rtclassid: k('realm', 32, 'host'),
  secmark: k('integer', 32, 'host'),
  nfproto: k('nf_proto', 8, 'host'),
  l4proto: k('inet_proto', 8, 'big'),
  ibrname: k('ifname', 128, 'host'),
  obrname: k('ifname', 128, 'host'),
  pkttype: k('pkt_type', 8, 'host'),
  cpu: k('integer', 32, 'host'),
  iifgroup: k('devgroup', 32, 'host'),
  oifgroup: k('devgroup', 32, 'host'),
  cgroup: k('integer', 32, 'host'),
  random: k('integer', 32, 'big'),
  ipsec: k('boolean', 8, 'host'),
  iifkind: k('ifname', 128, 'host'),
  oifkind: k('ifname', 128, 'host'),
  ibrpvid: k('integer', 16, 'host'),
  ibrvproto: k('ether_type', 16, 'big'),
  time: k('date', 64, 'host'),
  day: k('day', 8, 'host'),
  hour: k('hour', 32, 'host'),
  sdif: k('iface_index', 32, 'host'),
  sdifname: k('ifname', 128, 'host'),
  broute: k('integer', 1, 'host'),
};

/** Keys that are written without `meta` (meta_key_is_unqualified). */
export const UNQUALIFIED: ReadonlySet<string> = new Set(['iif', 'oif', 'iifname', 'oifname', 'iifgroup', 'oifgroup']);

/** Names of the kernel's keys (NFT_META_*, as libnftnl prints them) where they are not nft's words. */
const KERNEL: Readonly<Record<string, string>> = {
  length: 'len',
  ibrname: 'bri_iifname',
  obrname: 'bri_oifname',
  random: 'prandom',
  ipsec: 'secpath',
  ibrpvid: 'bri_iifpvid',
  ibrvproto: 'bri_iifvproto',
  broute: 'bri_broute',
};
const WORD: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(KERNEL).map(([word, key]) => [key, word]));

export const metaToKernel = (word: string): string => KERNEL[word] ?? word;
export const metaFromKernel = (key: string): string => WORD[key] ?? key;
