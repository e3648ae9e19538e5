import type { StatementDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { mkStmt, setType } from '../node.ts';
import { NFPROTO } from '../../../kernel/net/hook.ts';

export const statement: StatementDefinition<'fwd'> = {
  kind: 'fwd',
  linearize: (s, l) =>
    l.with(s.dev, (reg) => {
      l.load(s.dev, reg);
      const addr = s.addr;
      if (!addr) return l.add({ kind: 'fwd', sregDev: wireRegister(reg) });
      return l.with(addr, (areg) => {
        l.load(addr, areg);
        l.add({ kind: 'fwd', sregDev: wireRegister(reg), sregAddr: wireRegister(areg), nfproto: s.family === 'ip6' ? NFPROTO.ip6 : NFPROTO.ip });
      });
    }),
  delinearize: {
    fwd: (e, d) => {
      const dev = d.need(e.sregDev);
      setType(dev, 'iface_index', 'host');
      const addr = e.sregAddr === undefined ? undefined : d.need(e.sregAddr);
      const family = e.nfproto === NFPROTO.ip6 ? 'ip6' : 'ip';
      if (addr) setType(addr, family === 'ip6' ? 'ipv6_addr' : 'ipv4_addr', 'big');
      d.add(mkStmt({ kind: 'fwd', dev, ...(addr ? { addr, family } : {}) }));
    },
  },
  print: (s, p) => (s.addr ? `fwd ${s.family ?? 'ip'} to ${p.expr(s.addr)} device ${p.expr(s.dev)}` : `fwd to ${p.expr(s.dev)}`),
  json: (s, p) => ({ fwd: { dev: p.json(s.dev), ...(s.addr ? { family: s.family ?? 'ip', addr: p.json(s.addr) } : {}) } }),
};
