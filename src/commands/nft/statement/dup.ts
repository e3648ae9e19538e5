import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { mkStmt, setType } from '../node.ts';

export const statement: StatementDefinition<'dup'> = {
  kind: 'dup',
  linearize: (s, l) => {
    const { to, dev } = s;
    if (l.family === 'netdev') {
      if (to)
        l.with(to, (reg) => {
          l.load(to, reg);
          l.add({ kind: 'dup', sregDev: wireRegister(reg) });
        });
      return;
    }
    if (!to) return l.add({ kind: 'dup' });
    return l.with(to, (reg) => {
      l.load(to, reg);
      if (!dev) return l.add({ kind: 'dup', sregAddr: wireRegister(reg) });
      return l.with(dev, (dreg) => {
        l.load(dev, dreg);
        l.add({ kind: 'dup', sregAddr: wireRegister(reg), sregDev: wireRegister(dreg) });
      });
    });
  },
  delinearize: {
    dup: (e, d) => {
      const to = e.sregAddr === undefined ? undefined : d.need(e.sregAddr);
      const dev = e.sregDev === undefined ? undefined : d.need(e.sregDev);
      if (to) setType(to, d.context.family === 'ip6' ? 'ipv6_addr' : 'ipv4_addr', 'big');
      if (dev) setType(dev, 'iface_index', 'host');
      d.add(mkStmt({ kind: 'dup', ...(to ? { to, ...(dev ? { dev } : {}) } : dev ? { to: dev } : {}) }));
    },
  },
  print: (s, p) => `dup${s.to ? ` to ${p.expr(s.to)}` : ''}${s.dev ? ` device ${p.expr(s.dev)}` : ''}`,
  json: (s, p): Json => ({ dup: s.to ? { addr: p.json(s.to), ...(s.dev ? { dev: p.json(s.dev) } : {}) } : null }),
};
