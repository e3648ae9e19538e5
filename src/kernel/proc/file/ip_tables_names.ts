import type { ProcFile } from '../definition.ts';

/** Tables that the legacy tools have touched, the newest first; iptables-nft registers nothing here. */
export const procFile: ProcFile = {
  path: '/proc/net/ip_tables_names',
  mode: 0o440,
  ofRules: true,
  read: (net) =>
    [...net.legacy.ruleset.tables]
      .filter((t) => t.family === 'ip')
      .reverse()
      .map((t) => `${t.name}\n`)
      .join(''),
};
