import { PACKET } from '../../net/skb.ts';
import { defineExtension } from '../definition.ts';
import { destination, isIp6 } from '../packet.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_pkttype_info */
type PkttypeInfo = { readonly pkttype: number; readonly invert: boolean };

const NAMES: readonly (readonly [string, number])[] = [
  ['unicast', PACKET.host],
  ['broadcast', PACKET.broadcast],
  ['multicast', PACKET.multicast],
  ['otherhost', PACKET.otherhost],
  ['bcast', PACKET.broadcast],
  ['mcast', PACKET.multicast],
  ['host', PACKET.host],
];
const nameOf = (type: number): string => NAMES.find(([, n]) => n === type)?.[0] ?? String(type);

export const match = defineExtension<PkttypeInfo>({
  kind: 'match',
  name: 'pkttype',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [{ name: 'pkt-type', type: 'string', invert: true, mandatory: true }],
  help: () => `pkttype match options:
[!] --pkt-type packettype    match packet type
Valid packet types:
	unicast       		to us
	broadcast     		to all
	multicast     		to group
	otherhost     		to someone else

`,
  init: () => ({ pkttype: 0, invert: false }),
  parse(o, draft) {
    draft['pkttype'] = NAMES.find(([name]) => name === (o.raw ?? '').toLowerCase())?.[1] ?? fail(`Bad packet type '${o.raw}'`);
    if (o.inverted) draft['invert'] = true;
  },
  finish: (draft) => draftOf<PkttypeInfo>({ ...draft }),
  save: (i) => `${i.invert ? ' !' : ''} --pkt-type ${nameOf(i.pkttype)}`,
  print: (i) => ` PKTTYPE ${i.invert ? '!' : ''}= ${nameOf(i.pkttype)}`,
  translate: (i) => `pkttype ${i.invert ? '!= ' : ''}${i.pkttype === PACKET.otherhost ? i.pkttype : nameOf(i.pkttype)}`,
  /** xt_pkttype.c: looped-back packets are told apart by their destination. */
  match(i, skb, state) {
    let type = skb.pktType;
    if (type === PACKET.loopback) {
      const d = destination(skb);
      if (state.pf === 'ip' && d[0] >> 4 === 14) type = PACKET.multicast;
      else if (state.pf === 'ip6' && isIp6(skb) && d[0] === 255) type = PACKET.multicast;
      else type = PACKET.broadcast;
    }
    return (type === i.pkttype) !== i.invert;
  },
});
