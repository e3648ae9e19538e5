import { int, rows } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.bridge.*: br_netfilter (net/bridge/br_netfilter_hooks.c). */
export const sysctls: SysctlGroup = {
  folder: 'net/bridge',
  rows: {
    ...rows((v) => int(v), {
      'bridge-nf-call-arptables': 1,
      'bridge-nf-call-ip6tables': 1,
      'bridge-nf-call-iptables': 1,
      'bridge-nf-filter-pppoe-tagged': 0,
      'bridge-nf-filter-vlan-tagged': 0,
      'bridge-nf-pass-vlan-input-dev': 0,
    }),
  },
};
