import type { ExpressionDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

const TTL: Readonly<Record<number, string>> = { 1: 'loose', 2: 'skip' };
const F_VERSION = 1;

export const expression: ExpressionDefinition<'osf'> = {
  kind: 'osf',
  linearize: (e, l, dreg) => l.add({ kind: 'osf', ttl: e.ttl, flags: e.key === 'version' ? F_VERSION : 0, dreg: wireRegister(dreg) }),
  delinearize: {
    osf: (e, d) => d.put(e.dreg, mk({ kind: 'osf', ttl: e.ttl, key: e.flags & F_VERSION ? 'version' : 'name' }, 'string', 'host', 128)),
  },
  print: (e) => `osf ${TTL[e.ttl] ? `ttl ${TTL[e.ttl]} ` : ''}${e.key}`,
  json: (e) => ({ osf: { key: e.key, ...(TTL[e.ttl] ? { ttl: TTL[e.ttl] as string } : {}) } }),
};
