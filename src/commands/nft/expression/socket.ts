import type { ExpressionDefinition } from '../definition.ts';
import { SOCKET } from '../keys/other.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

export const expression: ExpressionDefinition<'socket'> = {
  kind: 'socket',
  linearize: (e, l, dreg) => l.add({ kind: 'socket', key: e.key, ...(e.key === 'cgroupv2' ? { level: e.level } : {}), dreg: wireRegister(dreg) }),
  delinearize: {
    socket: (e, d) => d.put(e.dreg, mk({ kind: 'socket', key: e.key, level: e.level ?? 0 }, SOCKET[e.key].dtype, SOCKET[e.key].byteorder, SOCKET[e.key].len)),
  },
  print: (e) => `socket ${e.key}${e.key === 'cgroupv2' ? ` level ${e.level}` : ''}`,
  json: (e) => ({ socket: { key: e.key } }),
};
