import { NFPROTO } from '../../../kernel/net/hook.ts';
import type { StmtOf } from '../../../parsers/nft/ast.ts';
import type { StatementDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { mkStmt, setType } from '../node.ts';
import type { Printer } from '../print/context.ts';

const shownFamily = (s: StmtOf<'tproxy'>): 'ip' | 'ip6' | undefined => (s.tableProto === 'inet' ? s.family : undefined);

function print(s: StmtOf<'tproxy'>, p: Printer): string {
  const family = shownFamily(s);
  let text = `tproxy${family ? ` ${family}` : ''} to`;
  if (s.addr) {
    const addr = p.expr(s.addr);
    text += ` ${s.addr.kind === 'value' && s.addr.dtype === 'ipv6_addr' ? `[${addr}]` : addr}`;
  }
  if (s.port) text += `${s.addr ? '' : ' '}:${p.expr(s.port)}`;
  return text;
}

export const statement: StatementDefinition<'tproxy'> = {
  kind: 'tproxy',
  linearize: (s, l) => {
    const { addr, port } = s;
    const family = s.family ? NFPROTO[s.family] : l.family === 'inet' ? 0 : NFPROTO[l.family];
    const emit = (a?: number, q?: number): void =>
      l.add({ kind: 'tproxy', family, ...(a === undefined ? {} : { sregAddr: wireRegister(a) }), ...(q === undefined ? {} : { sregPort: wireRegister(q) }) });
    const withPort = (a?: number): void => {
      if (!port) return emit(a);
      return l.with(port, (q) => {
        l.load(port, q);
        emit(a, q);
      });
    };
    if (!addr) return withPort();
    return l.with(addr, (a) => {
      l.load(addr, a);
      withPort(a);
    });
  },
  delinearize: {
    tproxy: (e, d) => {
      const family = e.family === NFPROTO.ip6 ? 'ip6' : e.family === NFPROTO.ip ? 'ip' : undefined;
      const addr = e.sregAddr === undefined ? undefined : d.need(e.sregAddr);
      const port = e.sregPort === undefined ? undefined : d.need(e.sregPort);
      if (addr) setType(addr, family === 'ip6' ? 'ipv6_addr' : 'ipv4_addr', 'big');
      if (port) setType(port, 'inet_service', 'big');
      d.add(mkStmt({ kind: 'tproxy', ...(family ? { family } : {}), tableProto: d.context.family, ...(addr ? { addr } : {}), ...(port ? { port } : {}) }));
    },
  },
  print,
  json: (s, p) => {
    const family = shownFamily(s);
    return { tproxy: { ...(family ? { family } : {}), ...(s.addr ? { addr: p.json(s.addr) } : {}), ...(s.port ? { port: p.json(s.port) } : {}) } };
  },
};
