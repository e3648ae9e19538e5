import type { Netns } from '../../netns.ts';
import { infosOf } from '../../xt/environment.ts';
import { parseRecentAddress, recentKey, recentNow, RecentTable } from '../../xt/recent-table.ts';
import type { RecentEntry } from '../../xt/recent-table.ts';
import type { ProcFile } from '../definition.ts';

/** The list of a name, while a rule of either family uses it. */
function tableOf(net: Netns, name: string): RecentTable | undefined {
  const infos = [...infosOf(net, 'match', 'recent')].filter((info) => info['name'] === name);
  if (infos.length === 0) return undefined;
  const { shared } = net.nft.kept;
  const known = shared.get(recentKey(name));
  const table = known instanceof RecentTable ? known : new RecentTable(infos[0]['mask'] as Uint8Array, 0);
  shared.set(recentKey(name), table);
  for (const info of infos) table.wants(Number(info['hit_count']));
  return table;
}

const addressText = (a: Uint8Array): string =>
  a.length === 4 ? a.join('.') : Array.from({ length: 8 }, (_, n) => ((a[2 * n] << 8) | a[2 * n + 1]).toString(16).padStart(4, '0')).join(':');

/** recent_seq_show */
function line(e: RecentEntry): string {
  const last = e.stamps[e.index > 0 ? e.index - 1 : e.stamps.length - 1];
  return `src=${addressText(e.address)} ttl: ${e.ttl} last_seen: ${last} oldest_pkt: ${e.index} ${e.stamps.join(', ')}\n`;
}

export const procFile: ProcFile = {
  path: '/proc/net/xt_recent',
  mode: 0o644,
  ofRules: true,
  names(net) {
    const made = [...net.nft.kept.shared.keys()].some((key) => key.startsWith(recentKey('')));
    return made ? [...new Set([...infosOf(net, 'match', 'recent')].map((i) => String(i['name'])))] : [];
  },
  read(net, name) {
    const table = tableOf(net, name);
    return table?.entries.map(line).join('');
  },
  /** recent_mt_proc_write */
  write(net, name, text) {
    const table = tableOf(net, name);
    if (!table) return 'ENOENT';
    const sign = text[0];
    if (sign === '/') {
      table.entries = [];
      return null;
    }
    if (sign !== '+' && sign !== '-') return 'EINVAL';
    const address = parseRecentAddress(text.slice(1).split('\n', 1)[0]);
    if (!address) return 'EINVAL';
    const known = table.find(address, 0);
    if (!known && sign === '+') table.add(address, 0, recentNow(net.clock.now()));
    else if (known && sign === '+') table.update(known, known.ttl, recentNow(net.clock.now()));
    else if (known) table.remove(known);
    return null;
  },
};
