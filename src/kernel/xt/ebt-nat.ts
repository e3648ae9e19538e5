import type { HookState } from '../net/hook-state.ts';
import { PACKET } from '../net/skb.ts';
import type { Skb } from '../net/skb.ts';
import { bridgeMac, ebtVerdict } from './ebt-packet.ts';
import { macText, strtoulMac } from './address.ts';
import type { CheckContext, XtExtension } from './definition.ts';
import { defineExtension } from './definition.ts';
import { macShort, verdictOf, verdictWord } from './ebt.ts';
import { NF_INET_HOOK } from '../net/hook.ts';
import { paramProblem } from './text.ts';

/** struct ebt_nat_info: snat and dnat of ebtables. */
export type EbtNatInfo = { readonly mac: Uint8Array; readonly verdict: string; readonly arp: boolean };

const bit = (...hooks: (keyof typeof NF_INET_HOOK)[]): number => hooks.reduce((m, h) => m | (1 << NF_INET_HOOK[h]), 0);

/** Tables and hooks of net/bridge/netfilter/ebt_snat.c, ebt_dnat.c. */
export const natPlace = (snat: boolean, c: CheckContext): 'EINVAL' | null => {
  if (snat) return c.table === 'nat' && !(c.hookMask & ~bit('postrouting')) ? null : 'EINVAL';
  return (c.table === 'nat' && !(c.hookMask & ~bit('prerouting', 'output'))) || (c.table === 'broute' && c.chainType === null) ? null : 'EINVAL';
};

export function ebtNat(name: 'snat' | 'dnat', help: string): XtExtension<EbtNatInfo> {
  const snat = name === 'snat';
  const long = snat ? 'to-source' : 'to-destination';
  const short = snat ? 'to-src' : 'to-dst';
  return defineExtension<EbtNatInfo>({
    kind: 'target',
    name,
    families: ['bridge'],
    revision: 0,
    options: [
      { name: long, type: 'string' },
      { name: short, id: long, type: 'string' },
      { name: `${name}-target`, type: 'string' },
      ...(snat ? [{ name: 'snat-arp', type: 'none' as const, code: 2 }] : []),
    ],
    help: () => help,
    init: () => ({ mac: new Uint8Array(6), verdict: 'ACCEPT', arp: false }),
    parse(o, d) {
      if (o.name === `${name}-target`) {
        d['verdict'] = verdictOf(o.raw ?? '', `${name}-target`);
        return;
      }
      if (o.name === 'snat-arp') {
        d['arp'] = true;
        return;
      }
      const mac = strtoulMac(o.raw ?? '');
      if (!mac) throw paramProblem('Invalid MAC address specified.');
      d['mac'] = mac;
    },
    finish(d, context) {
      if (context.seen.size === 0) throw paramProblem('You must specify proper arguments');
      return { ...d } as unknown as EbtNatInfo;
    },
    save: (i) => ` --${short} ${macText(i.mac)}${i.arp ? ' --snat-arp' : ''} --${name}-target ${i.verdict}`,
    print(i, c) {
      return this.save(i, c);
    },
    translate: (i) => (i.arp ? null : `ether ${snat ? 's' : 'd'}addr set ${macShort(i.mac)} ${verdictWord(i.verdict)}`),
    check: (_, c) => natPlace(snat, c),
    target(i, skb, state) {
      if (skb.mac < 0) return 'drop';
      if (snat) rewriteSource(i, skb);
      else rewriteDestination(i, skb, state);
      return ebtVerdict(i.verdict);
    },
  });
}

/** ebt_snat_tg */
function rewriteSource(i: EbtNatInfo, skb: Skb): void {
  skb.data.set(i.mac, skb.mac + 6);
  if (i.arp && skb.protocol === 0x806 && skb.data[skb.network + 4] === 6) skb.data.set(i.mac, skb.network + 8);
}

/** ebt_dnat_tg: the kind of packet follows the new address. */
function rewriteDestination(i: EbtNatInfo, skb: Skb, state: HookState): void {
  skb.data.set(i.mac, skb.mac);
  if (i.mac[0] & 1) {
    skb.pktType = i.mac.every((b) => b === 255) ? PACKET.broadcast : PACKET.multicast;
    return;
  }
  const own = bridgeMac(state);
  if (own) skb.pktType = own.every((b, k) => b === i.mac[k]) ? PACKET.host : PACKET.otherhost;
}
