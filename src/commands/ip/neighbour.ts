import { prefixMatch } from '../../kernel/stack/fib.ts';
import type { NudState } from '../../kernel/stack/neighbour.ts';
import { abbreviates, addrText, IpError, macOf, parseAddr, parseLladdr, parsePrefix } from './arguments.ts';
import type { Words } from './arguments.ts';
import { device, refused } from './context.ts';
import type { IpContext } from './context.ts';

const STATES: readonly NudState[] = ['permanent', 'noarp', 'reachable', 'stale', 'delay', 'probe', 'incomplete', 'failed', 'none'];

/** ip neigh */
export function runNeighbour(c: IpContext, words: Words): void {
  const verb = words.more ? words.next() : 'show';
  if (abbreviates(verb, 'add')) change(c, words, 'add');
  else if (abbreviates(verb, 'change') || verb === 'chg') change(c, words, 'change');
  else if (abbreviates(verb, 'replace')) change(c, words, 'replace');
  else if (abbreviates(verb, 'delete')) change(c, words, 'del');
  else if (abbreviates(verb, 'show') || verb === 'lst' || abbreviates(verb, 'list')) show(c, words, false);
  else if (abbreviates(verb, 'flush')) show(c, words, true);
  else throw new IpError(`Command "${verb}" is unknown, try "ip neigh help".\n`);
}

function change(c: IpContext, words: Words, op: 'add' | 'change' | 'replace' | 'del'): void {
  let dst: Uint8Array | null = null,
    dev: string | null = null,
    lladdr: Uint8Array | null = null,
    state: NudState = 'permanent',
    proxy = false,
    router = false;
  while (words.more) {
    const w = words.next();
    if (w === 'lladdr') lladdr = parseLladdr(words.next());
    else if (w === 'nud') {
      const t = words.next();
      const s = STATES.find((x) => abbreviates(t, x));
      if (!s) throw new IpError(`Error: argument "${t}" is wrong: nud state is bad\n`);
      state = s;
    } else if (w === 'dev') dev = words.next();
    else if (w === 'proxy') {
      proxy = true;
      dst = parseAddr(words.next(), c.family);
    } else if (w === 'router') router = true;
    else if (w === 'to') dst = parseAddr(words.next(), c.family);
    else if (w === 'protocol') words.next();
    else if (w === 'use' || w === 'managed' || w === 'extern_learn') continue;
    else dst = parseAddr(w, c.family);
  }
  if (dev === null || !dst) throw new IpError('Device and destination are required arguments.\n');
  const d = device(c, dev);
  const old = proxy ? c.stack.neighbours.findProxy(d, dst) : c.stack.neighbours.find(d, dst);
  if (op === 'del') {
    if (!old) throw refused('No such file or directory');
    c.stack.neighbours.remove(old);
    return;
  }
  if (op === 'add' && old && old.state !== 'failed' && old.state !== 'incomplete') throw refused('File exists');
  if (op === 'change' && !old) throw refused('No such file or directory');
  c.stack.neighbours.set(d, dst, lladdr, state, { proxy, router });
}

function show(c: IpContext, words: Words, flush: boolean): void {
  let dev: string | null = null,
    to: ReturnType<typeof parsePrefix> | null = null,
    nud: string | null = null,
    proxy = false;
  while (words.more) {
    const w = words.next();
    if (w === 'dev') dev = words.next();
    else if (w === 'nud') nud = words.next();
    else if (w === 'proxy') proxy = true;
    else if (w === 'unused') continue;
    else to = parsePrefix(w === 'to' ? words.next() : w, c.family);
  }
  const index = dev === null ? 0 : device(c, dev).index;
  const list = c.stack.neighbours
    .list()
    .filter(
      (n) =>
        n.proxy === proxy &&
        (index === 0 || n.dev === index) &&
        (c.family === 0 || (n.addr.length === 4) === (c.family === 4)) &&
        (nud === null ? n.state !== 'none' && n.state !== 'noarp' : nud === 'all' || n.state === nud) &&
        (!to || (to.addr.length === n.addr.length && prefixMatch(n.addr, to.addr, to.len))),
    );
  if (flush) {
    for (const n of list) if (n.state !== 'permanent') c.stack.neighbours.remove(n);
    return;
  }
  for (const n of [...list].sort((a, b) => Number(a.addr.length === 16) - Number(b.addr.length === 16))) {
    const name = c.stack.device(n.dev)?.name ?? '?';
    c.call.out(
      `${addrText(n.addr)} ${dev === null ? `dev ${name} ` : ''}${n.lladdr ? `lladdr ${macOf(n.lladdr)} ` : ''}${n.router ? 'router ' : ''}${n.proxy ? 'proxy ' : `${n.state.toUpperCase()} `}\n`,
    );
  }
}
