import { anyName, ntop } from '../address.ts';
import { defineExtension } from '../definition.ts';
import type { Names } from '../definition.ts';
import { fields } from './_common.ts';
import { services } from './_services.ts';

type Info = { readonly gateway: Uint8Array; readonly oif: string };

/** Networks that Debian's /etc/networks names. */
const NETWORKS = ['default', 'loopback', 'link-local'];

/** xtables_ipaddr_to_anyname: a host's name, a network's (getnetbyaddr), or the number. */
function gatewayName(a: Uint8Array, names: Names): string {
  const host = anyName(a, names);
  if (a.length !== 4 || host !== ntop(a)) return host;
  return (
    NETWORKS.find((n) => {
      const address = names.network(n);
      return address !== undefined && ntop(address) === host;
    }) ?? host
  );
}

/** extensions/libxt_TEE.c, net/netfilter/xt_TEE.c (revision 1) */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'TEE',
  families: ['ip', 'ip6'],
  revision: 1,
  options: [
    { name: 'gateway', type: 'host', mandatory: true },
    { name: 'oif', type: 'string', size: 16 },
  ],
  help: () => `TEE target options:
  --gateway IPADDR    Route packet via the gateway given by address
  --oif NAME          Include oif in route calculation

`,
  init: () => ({ gateway: new Uint8Array(4), oif: '' }),
  parse(o, d) {
    if (o.name === 'gateway') fields<Info>(d).gateway = o.value as Uint8Array;
    else fields<Info>(d).oif = String(o.value);
  },
  finish: (d) => ({ ...fields<Info>(d) }),
  save: (i) => ` --gateway ${ntop(i.gateway)}${i.oif ? ` --oif ${i.oif}` : ''}`,
  print: (i, c) => ` TEE gw:${c.numeric ? ntop(i.gateway) : gatewayName(i.gateway, c.names)}${i.oif ? ` oif=${i.oif}` : ''}`,
  translate: (i, c) => `dup to ${c.numeric ? ntop(i.gateway) : gatewayName(i.gateway, c.names)}${i.oif ? ` device ${i.oif}` : ''}`,
  check: (i) => (i.gateway.every((b) => b === 0) ? 'EINVAL' : null),
  target(i, skb, state) {
    const out = i.oif ? state.net.stack.deviceByName(i.oif) : undefined;
    services(state)?.dup(skb, state, i.gateway, out?.index ?? 0);
    return 'continue';
  },
});
