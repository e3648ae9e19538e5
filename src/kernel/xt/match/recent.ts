import { HZ } from '../../clock.ts';
import { ntop } from '../address.ts';
import { defineExtension } from '../definition.ts';
import { destination, hopLimit, source } from '../packet.ts';
import { infosOf } from '../environment.ts';
import { recentKey, recentNow, RecentTable, recentTable } from '../recent-table.ts';
import { draftOf, fail, numberOf } from '../value.ts';

/** struct xt_recent_mtinfo_v1; check_set: see RECENT */
export type RecentInfo = {
  readonly seconds: number;
  readonly hit_count: number;
  readonly check_set: number;
  readonly invert: boolean;
  readonly name: string;
  readonly side: 'source' | 'dest';
  readonly mask: Uint8Array;
};
/** XT_RECENT_CHECK, SET, UPDATE, REMOVE, TTL, REAP */
const RECENT = { CHECK: 1, SET: 2, UPDATE: 4, REMOVE: 8, TTL: 16, REAP: 32 } as const;
const COMMANDS = { set: RECENT.SET, rcheck: RECENT.CHECK, update: RECENT.UPDATE, remove: RECENT.REMOVE } as const;
const ids = ['set', 'rcheck', 'update', 'remove'];
const others = (name: string): string[] => ids.filter((id) => id !== name);

function text(i: RecentInfo, w: Record<'SET' | 'CHECK' | 'UPDATE' | 'REMOVE' | 'seconds' | 'reap' | 'hits' | 'ttl' | 'name' | 'mask', string>): string {
  const has = (bit: number): boolean => (i.check_set & bit) !== 0;
  return (
    `${has(RECENT.SET) ? w.SET : ''}${has(RECENT.CHECK) ? w.CHECK : ''}${has(RECENT.UPDATE) ? w.UPDATE : ''}${has(RECENT.REMOVE) ? w.REMOVE : ''}` +
    (i.seconds ? ` ${w.seconds} ${i.seconds}` : '') +
    (has(RECENT.REAP) ? w.reap : '') +
    (i.hit_count ? ` ${w.hits} ${i.hit_count}` : '') +
    (has(RECENT.TTL) ? w.ttl : '') +
    ` ${w.name} ${i.name}`
  );
}

export const match = defineExtension<RecentInfo>({
  kind: 'match',
  name: 'recent',
  families: ['ip', 'ip6', 'arp'],
  revision: 1,
  options: [
    { name: 'set', type: 'none', invert: true, excludes: others('set') },
    { name: 'rcheck', type: 'none', invert: true, excludes: others('rcheck') },
    { name: 'update', type: 'none', invert: true, excludes: others('update') },
    { name: 'remove', type: 'none', invert: true, excludes: others('remove') },
    { name: 'seconds', type: 'uint32', min: 1 },
    { name: 'reap', type: 'none', requires: ['seconds'] },
    { name: 'hitcount', type: 'uint32' },
    { name: 'rttl', type: 'none', excludes: ['set', 'remove'] },
    { name: 'name', type: 'string', size: 200 },
    { name: 'rsource', type: 'none' },
    { name: 'rdest', type: 'none' },
    { name: 'mask', type: 'host', families: ['ip', 'ip6'] },
  ],
  help: () => `recent match options:
[!] --set                       Add source address to list, always matches.
[!] --rcheck                    Match if source address in list.
[!] --update                    Match if source address in list, also update last-seen time.
[!] --remove                    Match if source address in list, also removes that address from list.
    --seconds seconds           For check and update commands above.
                                Specifies that the match will only occur if source address last seen within
                                the last 'seconds' seconds.
    --reap                      Purge entries older then 'seconds'.
                                Can only be used in conjunction with the seconds option.
    --hitcount hits             For check and update commands above.
                                Specifies that the match will only occur if source address seen hits times.
                                May be used in conjunction with the seconds option.
    --rttl                      For check and update commands above.
                                Specifies that the match will only occur if the source address and the TTL
                                match between this packet and the one which was set.
                                Useful if you have problems with people spoofing their source address in order
                                to DoS you via this module.
    --name name                 Name of the recent list to be used.  DEFAULT used if none given.
    --rsource                   Match/Save the source address of each packet in the recent list table (default).
    --rdest                     Match/Save the destination address of each packet in the recent list table.
    --mask netmask              Netmask that will be applied to this recent list.
xt_recent by: Stephen Frost <sfrost@snowman.net>.
`,
  init: (family) => ({ seconds: 0, hit_count: 0, check_set: 0, invert: false, name: 'DEFAULT', side: 'source', mask: new Uint8Array(family === 'ip6' ? 16 : 4).fill(255) }),
  parse(o, draft) {
    const info = draftOf<RecentInfo>(draft);
    switch (o.name) {
      case 'set':
      case 'rcheck':
      case 'update':
      case 'remove':
        info.check_set |= COMMANDS[o.name];
        if (o.inverted) info.invert = true;
        break;
      case 'seconds':
        info.seconds = numberOf(o);
        break;
      case 'reap':
        info.check_set |= RECENT.REAP;
        break;
      case 'hitcount':
        info.hit_count = numberOf(o);
        break;
      case 'rttl':
        info.check_set |= RECENT.TTL;
        break;
      case 'name':
        info.name = o.value as string;
        break;
      case 'rsource':
        info.side = 'source';
        break;
      case 'rdest':
        info.side = 'dest';
        break;
      default:
        info.mask = o.value as Uint8Array;
    }
  },
  finish(draft, context) {
    if (!ids.some((id) => context.seen.has(id))) fail("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'");
    return draftOf<RecentInfo>({ ...draft });
  },
  save: (i) =>
    (i.invert ? ' !' : '') +
    text(i, {
      SET: ' --set',
      CHECK: ' --rcheck',
      UPDATE: ' --update',
      REMOVE: ' --remove',
      seconds: '--seconds',
      reap: ' --reap',
      hits: '--hitcount',
      ttl: ' --rttl',
      name: '--name',
      mask: '',
    }) +
    ` --mask ${ntop(i.mask)} --r${i.side}`,
  print: (i) =>
    `${i.invert ? ' !' : ''} recent:${text(i, { SET: ' SET', CHECK: ' CHECK', UPDATE: ' UPDATE', REMOVE: ' REMOVE', seconds: 'seconds:', reap: ' reap', hits: 'hit_count:', ttl: ' TTL-Match', name: 'name:', mask: '' })}` +
    ` side: ${i.side} mask: ${ntop(i.mask)}`,
  /** xt_recent.c: recent_mt_check */
  check(i, c) {
    const commands = [RECENT.SET, RECENT.REMOVE, RECENT.CHECK, RECENT.UPDATE].filter((bit) => i.check_set & bit).length;
    if (commands !== 1) return 'EINVAL';
    if (i.check_set & (RECENT.SET | RECENT.REMOVE) && (i.seconds || i.hit_count || i.check_set & (RECENT.TTL | RECENT.REAP))) return 'EINVAL';
    if (i.check_set & RECENT.REAP && !i.seconds) return 'EINVAL';
    if (i.hit_count >= 65536 || i.name === '' || i.name.includes('/')) return 'EINVAL';
    // A list goes with the last rule that uses it; one of this generation was made by a rule before in the same batch.
    const { kept, ruleset } = c.net.nft,
      key = recentKey(i.name),
      known = kept.shared.get(key);
    if (known instanceof RecentTable && known.made === ruleset.generation) return null;
    if (!known || ![...infosOf(c.net, 'match', 'recent')].some((other) => other['name'] === i.name)) kept.shared.set(key, new RecentTable(i.mask, ruleset.generation));
    return null;
  },
  /** xt_recent.c: recent_mt */
  match(i, skb, state, keep) {
    const table = recentTable(keep, i.name, i.mask);
    table.wants(i.hit_count);
    const ttl = (hopLimit(skb) + (state.out !== null && skb.sk === null ? 1 : 0)) & 255;
    const address = i.side === 'dest' ? destination(skb) : source(skb);
    const now = recentNow(state.net.clock.now());
    const entry = table.find(address, i.check_set & RECENT.TTL ? ttl : 0);
    if (!entry) {
      if (!(i.check_set & RECENT.SET)) return i.invert;
      table.add(address, ttl, now);
      return !i.invert;
    }
    let result = i.invert;
    if (i.check_set & RECENT.SET) result = !result;
    else if (i.check_set & RECENT.REMOVE) {
      table.remove(entry);
      result = !result;
    } else {
      const since = now - i.seconds * HZ;
      let hits = 0;
      for (const stamp of entry.stamps) {
        if (i.seconds && since > stamp) continue;
        if (!i.hit_count || ++hits >= i.hit_count) {
          result = !result;
          break;
        }
      }
      if (i.check_set & RECENT.REAP) table.reap(since, entry, (i.check_set & RECENT.UPDATE) !== 0 && result);
    }
    if (i.check_set & RECENT.SET || (i.check_set & RECENT.UPDATE && result)) table.update(entry, ttl, now);
    return result;
  },
});
