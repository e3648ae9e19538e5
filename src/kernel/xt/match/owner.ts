import { HOOK_BIT, needHooks } from '../check.ts';
import { defineExtension } from '../definition.ts';
import type { PrintContext } from '../definition.ts';
import { scanUint, wholeUint } from '../number.ts';
import { badValue, draftOf, fail } from '../value.ts';

/** struct xt_owner_match_info; flags XT_OWNER_UID 1, GID 2, SOCKET 4, SUPPL_GROUPS 8 */
type OwnerInfo = { readonly match: number; readonly invert: number; readonly uid: readonly [number, number]; readonly gid: readonly [number, number] };
const OWNER = { UID: 1, GID: 2, SOCKET: 4, SUPPL: 8 } as const;

/** owner_parse_range: `a` or `a-b`; -1 is no user. */
function parseRange(text: string, option: string): readonly [number, number] {
  const bad = (): never => badValue('owner', option, text);
  const first = scanUint(text, 0, 0xfffffffe) ?? bad();
  if (first.rest === '') return [first.value, first.value];
  if (!first.rest.startsWith('-') && !first.rest.startsWith(':')) return bad();
  const last = wholeUint(first.rest.slice(1), 0, 0xfffffffe) ?? bad();
  return [first.value, last];
}

function text(
  i: OwnerInfo,
  words: { readonly uid: string; readonly gid: string; readonly socket: string; readonly suppl: string },
  name: ((kind: 'uid' | 'gid', id: number) => string | undefined) | null,
): string {
  const say = (flag: number, word: string, value: string): string => (i.match & flag ? `${i.invert & flag ? ' !' : ''} ${word}${value}` : '');
  const range = (kind: 'uid' | 'gid', r: readonly [number, number]): string => ` ${r[0] === r[1] ? (name?.(kind, r[0]) ?? r[0]) : `${r[0]}-${r[1]}`}`;
  return say(OWNER.SOCKET, words.socket, '') + say(OWNER.UID, words.uid, range('uid', i.uid)) + say(OWNER.GID, words.gid, range('gid', i.gid)) + say(OWNER.SUPPL, words.suppl, '');
}

const namer =
  (c: PrintContext): ((kind: 'uid' | 'gid', id: number) => string | undefined) =>
  (kind, id) =>
    kind === 'uid' ? c.names.userName(id) : c.names.groupName(id);

export const match = defineExtension<OwnerInfo>({
  kind: 'match',
  name: 'owner',
  families: ['ip', 'ip6', 'arp'],
  revision: 1,
  options: [
    { name: 'uid-owner', type: 'string', invert: true },
    { name: 'gid-owner', type: 'string', invert: true },
    { name: 'socket-exists', type: 'none', invert: true },
    { name: 'suppl-groups', type: 'none', code: 6 },
  ],
  help: () => `owner match options:
[!] --uid-owner userid[-userid]      Match local UID
[!] --gid-owner groupid[-groupid]    Match local GID
[!] --socket-exists                  Match if socket exists
    --suppl-groups                   Also match supplementary groups set with --gid-owner
`,
  init: () => ({ match: 0, invert: 0, uid: [0, 0], gid: [0, 0] }),
  parse(o, draft, context) {
    const info = draftOf<OwnerInfo>(draft);
    const value = o.raw ?? '';
    const set = (flag: number): void => {
      info.match |= flag;
      if (o.inverted) info.invert |= flag;
    };
    switch (o.name) {
      case 'uid-owner': {
        const user = context.names.user(value);
        info.uid = user === undefined ? parseRange(value, '--uid-owner') : [user, user];
        return set(OWNER.UID);
      }
      case 'gid-owner': {
        const group = context.names.group(value);
        info.gid = group === undefined ? parseRange(value, '--gid-owner') : [group, group];
        return set(OWNER.GID);
      }
      case 'socket-exists':
        return set(OWNER.SOCKET);
      default:
        if (!(info.match & OWNER.GID)) badValue('owner', '--suppl-groups', 'you need to use --gid-owner first');
        info.match |= OWNER.SUPPL;
    }
  },
  finish(draft, context) {
    if (context.seen.size === 0) fail('owner: At least one of --uid-owner, --gid-owner or --socket-exists is required');
    return draftOf<OwnerInfo>({ ...draft });
  },
  save: (i) => text(i, { uid: '--uid-owner', gid: '--gid-owner', socket: '--socket-exists', suppl: '--suppl-groups' }, null),
  print: (i, c) => text(i, { uid: 'owner UID match', gid: 'owner GID match', socket: 'owner socket exists', suppl: 'incl. suppl. groups' }, c.numeric ? null : namer(c)),
  translate(i) {
    if (i.match !== OWNER.UID && i.match !== OWNER.GID) return null;
    const say = (flag: number, word: string, r: readonly [number, number]): string | null =>
      i.match & flag ? `${word} ${i.invert & flag ? '!= ' : ''}${r[0] === r[1] ? r[0] : `${r[0]}-${r[1]}`}` : null;
    return [say(OWNER.UID, 'skuid', i.uid), say(OWNER.GID, 'skgid', i.gid)].filter((s) => s !== null).join(' ');
  },
  check(i, c) {
    if (i.match & OWNER.SUPPL && !(i.match & OWNER.GID)) return 'EINVAL';
    if ((i.match & OWNER.UID && i.uid[0] > i.uid[1]) || (i.match & OWNER.GID && i.gid[0] > i.gid[1])) return 'EINVAL';
    return needHooks(c, HOOK_BIT.output | HOOK_BIT.postrouting);
  },
  /** xt_owner.c: owner_mt */
  match(i, skb) {
    const sk = skb.sk;
    if (!sk) return ((i.match ^ i.invert) & (OWNER.UID | OWNER.GID | OWNER.SOCKET)) === 0;
    if (i.match & i.invert & OWNER.SOCKET) return false;
    if (i.match & OWNER.UID && (sk.uid >= i.uid[0] && sk.uid <= i.uid[1]) === ((i.invert & OWNER.UID) !== 0)) return false;
    return !(i.match & OWNER.GID && (sk.gid >= i.gid[0] && sk.gid <= i.gid[1]) === ((i.invert & OWNER.GID) !== 0));
  },
});
