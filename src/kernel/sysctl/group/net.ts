import { uint } from '../definition.ts';
import type { SysctlGroup } from '../definition.ts';

/** net.nf_conntrack_max: the old name, in the machine's own namespace only. */
export const sysctls: SysctlGroup = {
  folder: 'net',
  rows: {
    nf_conntrack_max: {
      ...uint(262144),
      initOnly: true,
      get: (net) => net.conntrack.conf.max,
      set: (net, v) => {
        net.conntrack.conf.max = v;
      },
    },
  },
};
