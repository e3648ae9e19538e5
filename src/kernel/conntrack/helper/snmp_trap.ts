import type { Helper } from '../helper-definition.ts';
import { translateSnmp } from './_snmp.ts';

/** net/ipv4/netfilter/nf_nat_snmp_basic_main.c: expects nothing. */
export const helper: Helper = {
  name: 'snmp_trap',
  l3num: 2,
  l4proto: 17,
  ports: [162],
  policies: [{ name: 'snmp_trap', maxExpected: 0, timeout: 180 }],
  help: (_net, skb, at, ct, ctinfo) => translateSnmp(skb, at, ct, ctinfo),
};
