import { HOOK_BIT, needHooks } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { services } from '../target/_services.ts';
import { draftOf } from '../value.ts';

/** struct xt_socket_mtinfo3; flags TRANSPARENT 1, NOWILDCARD 2, RESTORESKMARK 4 */
type SocketMatchInfo = { readonly transparent: boolean; readonly nowildcard: boolean; readonly restore: boolean };

const text = (i: SocketMatchInfo): string => (i.transparent ? ' --transparent' : '') + (i.nowildcard ? ' --nowildcard' : '') + (i.restore ? ' --restore-skmark' : '');

export const match = defineExtension<SocketMatchInfo>({
  kind: 'match',
  name: 'socket',
  families: ['ip', 'ip6', 'arp'],
  revision: 3,
  options: [
    { name: 'transparent', type: 'none' },
    { name: 'nowildcard', type: 'none' },
    { name: 'restore-skmark', type: 'none' },
  ],
  help: () => `socket match options:
  --nowildcard     Do not ignore LISTEN sockets bound on INADDR_ANY
  --transparent    Ignore non-transparent sockets
  --restore-skmark Set the packet mark to the socket mark if
                   the socket matches and transparent / 
                   nowildcard conditions are satisfied

`,
  init: () => ({ transparent: false, nowildcard: false, restore: false }),
  parse: (o, draft) => {
    draft[o.name === 'restore-skmark' ? 'restore' : o.name] = true;
  },
  finish: (draft) => draftOf<SocketMatchInfo>({ ...draft }),
  save: text,
  print: (i) => ` socket${text(i)}`,
  translate(i) {
    const parts: string[] = [];
    if (!i.nowildcard) parts.push('socket wildcard 0');
    if (i.transparent) parts.push('socket transparent 1');
    if (i.restore) parts.push('meta mark set socket mark');
    return parts.join(' ') || 'socket wildcard le 1';
  },
  check: (_, c) => needHooks(c, HOOK_BIT.prerouting | HOOK_BIT.input),
  /** xt_socket.c: socket_match */
  match(i, skb, state) {
    const sk = skb.sk ?? services(state)?.socketOf(skb) ?? null;
    if (!sk || (!i.nowildcard && sk.wildcard) || (i.transparent && !sk.transparent)) return false;
    if (i.restore && !sk.request) skb.mark = sk.mark;
    return true;
  },
});
