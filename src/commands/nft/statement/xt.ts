import type { StatementDefinition } from '../definition.ts';
import { mkStmt } from '../node.ts';
import { translateXt } from '../print/xt.ts';

/** ebtables' targets that are options of a rule. */
const isWatcher = (name: string): boolean => name === 'log' || name === 'nflog';

export const statement: StatementDefinition<'xt'> = {
  kind: 'xt',
  linearize: (s, l) => l.add({ kind: s.type, name: s.name, rev: s.rev, info: s.info }),
  delinearize: {
    match: (e, d) => d.add(mkStmt({ kind: 'xt', type: 'match', name: e.name, rev: e.rev, info: e.info })),
    target: (e, d) => d.add(mkStmt({ kind: 'xt', type: 'target', name: e.name, rev: e.rev, info: e.info })),
  },
  print: (s, p) => translateXt(s, p) ?? `xt ${s.type} "${s.name}"`,
  json: (s) => ({ xt: { type: isWatcher(s.name) ? 'watcher' : s.type, name: s.name } }),
};
