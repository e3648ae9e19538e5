import type { Writer } from './writer.ts';

export const bridgeWriter: Writer = {
  tableHeader: (table) => `Bridge table: ${table}\n\n`,
  header: (c, _r, _f) => `Bridge chain: ${c.name}, entries: ${c.rules.length}, policy: ${c.policy.toUpperCase()}\n`,
  line: () => '',
  row: () => '',
  save: () => '',
  rulesOf: (c) => c.rules,
};
