import type { Key } from './meta.ts';

const k = (dtype: string, len: number, byteorder: Key['byteorder']): Key => ({ dtype, len, byteorder });

/** ct_templates of src/ct.c. `saddr`/`daddr` are typed by the family; `ip saddr` … name it. */
export const CT: Readonly<Record<string, Key>> = {
  state: k('ct_state', 32, 'host'),
  direction: k('ct_dir', 8, 'big'),
  status: k('ct_status', 32, 'host'),
  mark: k('mark', 32, 'host'),
  expiration: k('time', 32, 'host'),
  helper: k('string', 128, 'host'),
  l3proto: k('nf_proto', 8, 'host'),
  saddr: k('invalid', 0, 'big'),
  daddr: k('invalid', 0, 'big'),
  protocol: k('inet_proto', 8, 'big'),
  'proto-src': k('inet_service', 16, 'big'),
  'proto-dst': k('inet_service', 16, 'big'),
  label: k('ct_label', 128, 'host'),
  bytes: k('integer', 64, 'host'),
  packets: k('integer', 64, 'host'),
  avgpkt: k('integer', 64, 'host'),
  zone: k('integer', 16, 'host'),
  event: k('ct_event', 32, 'host'),
  'ip saddr': k('ipv4_addr', 32, 'big'),
  'ip daddr': k('ipv4_addr', 32, 'big'),
  'ip6 saddr': k('ipv6_addr', 128, 'big'),
  'ip6 daddr': k('ipv6_addr', 128, 'big'),
  secmark: k('integer', 32, 'host'),
  id: k('integer', 32, 'big'),
};

/** NFT_CT_* as libnftnl prints them. */
const KERNEL: Readonly<Record<string, string>> = {
  label: 'labels',
  saddr: 'src',
  daddr: 'dst',
  'proto-src': 'proto_src',
  'proto-dst': 'proto_dst',
  event: 'eventmask',
  bytes: 'bytes',
  packets: 'packets',
  'ip saddr': 'src_ip',
  'ip daddr': 'dst_ip',
  'ip6 saddr': 'src_ip6',
  'ip6 daddr': 'dst_ip6',
};
const WORD: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(KERNEL).map(([word, key]) => [key, word]));

export const ctToKernel = (word: string): string => KERNEL[word] ?? word;
export const ctFromKernel = (key: string): string => WORD[key] ?? key;
