import type { Json } from '../datatype/index.ts';
import type { ExpressionDefinition } from '../definition.ts';
import { RT } from '../keys/other.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

const TO = { classid: 'classid', nexthop: 'nexthop4', nexthop4: 'nexthop4', nexthop6: 'nexthop6', mtu: 'tcpmss', ipsec: 'xfrm' } as const;
const FROM = { classid: 'classid', nexthop4: 'nexthop4', nexthop6: 'nexthop6', tcpmss: 'mtu', xfrm: 'ipsec' } as const;

export const expression: ExpressionDefinition<'rt'> = {
  kind: 'rt',
  linearize: (e, l, dreg) => l.add({ kind: 'rt', key: TO[e.key], dreg: wireRegister(dreg) }),
  delinearize: {
    rt: (e, d) => {
      const key = FROM[e.key];
      d.put(e.dreg, mk({ kind: 'rt', key }, RT[key].dtype, RT[key].byteorder, RT[key].len));
    },
  },
  print: (e) => `rt ${e.key === 'nexthop4' ? 'ip nexthop' : e.key === 'nexthop6' ? 'ip6 nexthop' : e.key}`,
  json: (e): Json => (e.key === 'nexthop4' || e.key === 'nexthop6' ? { rt: { key: 'nexthop', family: e.key === 'nexthop4' ? 'ip' : 'ip6' } } : { rt: { key: e.key } }),
};
