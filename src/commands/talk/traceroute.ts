import { ntop } from '../../kernel/xt/address.ts';
import { sameBytes } from '../../kernel/net/wire/bytes.ts';
import { namesOf } from '../../kernel/net/names/index.ts';
import type { Call } from '../command.ts';
import { Getopt } from '../getopt.ts';
import { reachable, resolveName, settler } from './resolve.ts';

const PORT = 33434;

/** What a probe brought: who answered, and a mark for an error (`!H`, `!X` …). */
interface Answer {
  readonly from: Uint8Array;
  readonly mark: string;
  readonly end: boolean;
}

const MARKS4: Readonly<Record<number, string>> = { 0: ' !N', 1: ' !H', 2: ' !P', 4: ' !F-0', 5: ' !S', 9: ' !X', 10: ' !X', 13: ' !X' };
const MARKS6: Readonly<Record<number, string>> = { 0: ' !N', 1: ' !X', 2: ' !S', 3: ' !H' };

/** traceroute(8) of Debian: three probes for each hop, by UDP or, with -I, by echo requests. */
export async function traceroute(call: Call): Promise<number> {
  let max = 30,
    numeric = false,
    echo = false,
    wait = 5,
    probes = 3,
    first = 1;
  const g = new Getopt(call.argv, '46dFITUDni:m:N:p:s:t:l:w:z:q:f:g:eA');
  for (let item = g.next([]); item; item = g.next([])) {
    if (item.kind !== 'option') {
      call.err(`Bad option \`-${item.opt}' (argc ${item.optind - 1})\n`);
      return 2;
    }
    const n = Number(item.arg);
    if (item.val === 'm') max = n;
    if (item.val === 'n') numeric = true;
    if (item.val === 'I') echo = true;
    if (item.val === 'w') wait = n;
    if (item.val === 'q') probes = n;
    if (item.val === 'f') first = n;
  }
  const name = g.argv[g.optind];
  if (name === undefined) {
    call.err('Specify "host" missing argument.\n');
    return 2;
  }
  const to = resolveName(call, name);
  if (!to) {
    call.err(`${name}: Temporary failure in name resolution\nCannot handle "host" cmdline arg \`${name}' on position 1 (argc 1)\n`);
    return 2;
  }
  call.out(`traceroute to ${name} (${ntop(to)}), ${max} hops max, ${to.length === 4 ? 60 : 80} byte packets`);
  if (!reachable(call, to)) {
    call.err('\nconnect: Network is unreachable\n');
    return 1;
  }
  const probe = new Prober(call, await settler(call), to, echo, wait);
  const names = namesOf((path) => call.host.files.read(path));
  const who = (a: Uint8Array): string => (numeric ? ntop(a) : `${names.hostName(a) ?? ntop(a)} (${ntop(a)})`);
  for (let ttl = first; ttl <= max; ttl++) {
    let line = `${String(ttl).padStart(2)} `;
    let last: Uint8Array | null = null,
      end = false;
    for (let i = 0; i < probes; i++) {
      const a = await probe.send(ttl);
      if (a === 'refused') {
        call.err('\nsend: Operation not permitted\n');
        return 1;
      }
      if (!a) {
        line += ' *';
        continue;
      }
      if (!last || !sameBytes(last, a.from)) line += ` ${who(a.from)}`;
      last = a.from;
      line += `  0.000 ms${a.mark}`;
      end ||= a.end;
    }
    call.out(`\n${line}`);
    if (end) break;
  }
  call.out('\n');
  return 0;
}

class Prober {
  readonly #call: Call;
  readonly #settle: () => void;
  readonly #to: Uint8Array;
  readonly #echo: boolean;
  readonly #wait: number;
  readonly #id: number;
  #count = 0;

  constructor(call: Call, settle: () => void, to: Uint8Array, echo: boolean, wait: number) {
    this.#call = call;
    this.#settle = settle;
    this.#to = to;
    this.#echo = echo;
    this.#wait = wait;
    this.#id = 1 + call.host.net.random.below(0xffff);
  }

  async send(ttl: number): Promise<Answer | 'refused' | null> {
    const { sockets } = this.#call.host.net.stack;
    const n = this.#count++;
    sockets.heard = { echoes: [], errors: [] };
    const lport = sockets.freePort();
    const sent = this.#echo ? sockets.ping(this.#to, this.#id, n + 1, new Uint8Array(32), ttl) : sockets.sendUdp(this.#to, PORT + n, lport, new Uint8Array(32), ttl);
    const answer = sent ? await this.#answer(n, lport) : 'refused';
    sockets.heard = null;
    sockets.closeUdp(lport);
    return answer;
  }

  async #answer(n: number, lport: number): Promise<Answer | null> {
    this.#settle();
    const now = this.#look(n, lport);
    if (now) return now;
    await this.#call.host.advance(this.#wait);
    this.#settle();
    return this.#look(n, lport);
  }

  #look(n: number, lport: number): Answer | null {
    const { sockets } = this.#call.host.net.stack;
    const v4 = this.#to.length === 4;
    const echo = sockets.heard?.echoes.find((e) => e.id === this.#id && e.seq === n + 1);
    if (echo) return { from: echo.src, mark: '', end: true };
    const datagram = sockets.received(lport)[0];
    if (datagram) return { from: datagram.src, mark: '', end: true };
    const e = sockets.heard?.errors.find((x) => (this.#echo ? x.id === this.#id && x.seq === n + 1 : x.sport === lport && x.dport === PORT + n));
    if (!e) return null;
    if (e.type === (v4 ? 11 : 3)) return { from: e.from, mark: '', end: false };
    const port = e.code === (v4 ? 3 : 4);
    return { from: e.from, mark: port ? '' : ((v4 ? MARKS4 : MARKS6)[e.code] ?? ` !<${e.code}>`), end: true };
  }
}
