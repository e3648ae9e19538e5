import { defineExtension } from '../definition.ts';
import { fields } from './_common.ts';

type Info = { readonly context: string };

/** extensions/libxt_SECMARK.c, net/netfilter/xt_SECMARK.c. No security module is loaded here, so no context resolves to an id. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'SECMARK',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 1,
  options: [{ name: 'selctx', type: 'string', mandatory: true, size: 256 }],
  help: () => `SECMARK target options:
  --selctx value                     Set the SELinux security context
`,
  init: () => ({ context: '' }),
  parse(o, d) {
    fields<Info>(d).context = String(o.value);
  },
  finish: (d) => ({ context: fields<Info>(d).context }),
  save: (i) => ` --selctx ${i.context}`,
  print: (i) => ` SECMARK selctx ${i.context}`,
  check: (_, c) => (c.table === 'mangle' || c.table === 'security' ? 'ENOENT' : 'EINVAL'),
  target: () => 'continue',
});
