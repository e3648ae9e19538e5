import { defineExtension } from '../../definition.ts';
import { NF_ARP_HOOK } from '../../../net/hook.ts';
import { target as inet } from '../CLASSIFY.ts';

/** CLASSIFY as arptables prints it, and where the kernel takes it there (extensions/libxt_CLASSIFY.c, net/netfilter/xt_CLASSIFY.c). */
const text = ({ priority }: { readonly priority: number }): string => ` --set-class ${(priority >>> 16).toString(16)}:${(priority & 0xffff).toString(16)}`;
const HOOKS = (1 << NF_ARP_HOOK.output) | (1 << NF_ARP_HOOK.forward);

export const target = defineExtension<{ readonly priority: number }>({
  ...inet,
  families: ['arp'],
  kernelFamilies: ['arp'],
  save: text,
  print: text,
  check: (_, c) => (c.hookMask & ~HOOKS ? 'EINVAL' : null),
});
