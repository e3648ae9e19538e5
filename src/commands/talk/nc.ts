import { namesOf } from '../../kernel/net/names/index.ts';
import type { Call } from '../command.ts';
import { Getopt } from '../getopt.ts';
import { resolveName, settler } from './resolve.ts';
import { connectTo } from './tcp.ts';

interface Options {
  readonly scan: boolean;
  readonly verbose: boolean;
  readonly udp: boolean;
  readonly numeric: boolean;
  /** Seconds; 0: as long as the kernel tries. */
  readonly timeout: number;
  readonly family: 0 | 4 | 6;
}

/** tcp_syn_retries with the linear ones before: about how long a connect goes on. */
const KERNEL_TIMEOUT = 134;
const WORDS = { ECONNREFUSED: 'Connection refused', EHOSTUNREACH: 'No route to host', ENETUNREACH: 'Network is unreachable', ETIMEDOUT: 'Connection timed out' } as const;
const USAGE = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
\t  [destination] [port]
`;

function options(call: Call): { readonly o: Options; readonly rest: readonly string[] } | null {
  let o: Options = { scan: false, verbose: false, udp: false, numeric: false, timeout: 0, family: 0 };
  const g = new Getopt(call.argv, '46bCDdFhI:i:klM:m:NnO:P:p:q:rSs:T:tUuV:vW:w:X:x:Zz');
  for (let item = g.next([]); item; item = g.next([])) {
    if (item.kind !== 'option') {
      call.err(`nc: ${item.message}\n${USAGE}`);
      return null;
    }
    if (item.val === 'z') o = { ...o, scan: true };
    if (item.val === 'v') o = { ...o, verbose: true };
    if (item.val === 'u') o = { ...o, udp: true };
    if (item.val === 'n') o = { ...o, numeric: true };
    if (item.val === 'w') o = { ...o, timeout: Number(item.arg) || 0 };
    if (item.val === '4' || item.val === '6') o = { ...o, family: item.val === '4' ? 4 : 6 };
    if (item.val === 'l') {
      call.err('nc: listening: use drywall listen\n');
      return null;
    }
  }
  return { o, rest: g.argv.slice(g.optind) };
}

/** `22`, `20-25`, `ssh`; null: none of these. */
function ports(text: string, proto: string, call: Call): number[] | null {
  const m = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (m) {
    const [from, to] = [Number(m[1]), Number(m[2] ?? m[1])].sort((a, b) => a - b);
    return from < 1 || to > 65535 ? null : Array.from({ length: to - from + 1 }, (_, i) => from + i);
  }
  const named = namesOf((path) => call.host.files.read(path)).service(text, proto);
  return named === undefined ? null : [named];
}

/** nc(1) of OpenBSD, as Debian packages it: one host, ports one after the other. */
export async function nc(call: Call): Promise<number> {
  const read = options(call);
  if (!read) return 1;
  const { o, rest } = read;
  const [name, text] = rest;
  if (name === undefined || text === undefined || rest.length > 2) {
    call.err(USAGE);
    return 1;
  }
  const proto = o.udp ? 'udp' : 'tcp';
  const list = ports(text, proto, call);
  if (!list) {
    call.err(`nc: port number ${/^\d/.test(text) ? `${/^\d+$/.test(text) ? 'too large' : 'invalid'}` : 'invalid'}: ${text}\n`);
    return 1;
  }
  const to = resolveName(call, name, o.family);
  if (!to) {
    call.err(`nc: getaddrinfo for host "${name}" port ${list[0]}: Temporary failure in name resolution\n`);
    return 1;
  }
  // Read before anything is sent: whoever gives it may have to be asked for it, and the command begun anew.
  const input = o.scan ? '' : call.stdin;
  const settle = await settler(call);
  let status = 1;
  for (const port of list) if (o.udp ? await udp(call, o, settle, name, to, port, input) : await tcp(call, o, settle, name, to, port, input)) status = 0;
  return status;
}

function succeeded(call: Call, o: Options, name: string, port: number, proto: string): void {
  if (!o.verbose && !o.scan) return;
  const service = o.numeric ? undefined : namesOf((path) => call.host.files.read(path)).serviceName(port, proto);
  call.err(`Connection to ${name} ${port} port [${proto}/${service ?? '*'}] succeeded!\n`);
}

async function tcp(call: Call, o: Options, settle: () => void, name: string, to: Uint8Array, port: number, input: string): Promise<boolean> {
  const r = await connectTo(call, settle, to, port, o.timeout || KERNEL_TIMEOUT);
  if ('error' in r) {
    if (o.verbose)
      call.err(`nc: connect to ${name} port ${port} (tcp) ${r.error === 'ETIMEDOUT' && o.timeout ? 'timed out: Operation now in progress' : `failed: ${WORDS[r.error]}`}\n`);
    return false;
  }
  succeeded(call, o, name, port, 'tcp');
  const { sockets } = call.host.net.stack;
  if (input !== '') {
    sockets.write(r.ok, new TextEncoder().encode(input));
    settle();
  }
  if (!o.scan) for (const d of r.ok.inbox) call.out(new TextDecoder().decode(d));
  sockets.close(r.ok);
  settle();
  sockets.forget(r.ok);
  return true;
}

/** udptest: datagrams of one byte; what refuses the first is heard at the next. */
async function udp(call: Call, o: Options, settle: () => void, name: string, to: Uint8Array, port: number, input: string): Promise<boolean> {
  const { sockets } = call.host.net.stack;
  const lport = sockets.freePort();
  const text = o.scan ? ['X', 'X', 'X', 'X'] : [input];
  let ok = true;
  sockets.heard = { echoes: [], errors: [] };
  for (const t of text) {
    if (!ok) break;
    ok = sockets.sendUdp(to, port, lport, new TextEncoder().encode(t));
    settle();
    if (sockets.heard.errors.some((e) => e.proto === 17 && e.sport === lport)) ok = false;
  }
  if (!o.scan) for (const d of sockets.received(lport)) call.out(new TextDecoder().decode(d.data));
  sockets.heard = null;
  sockets.closeUdp(lport);
  if (ok) succeeded(call, o, name, port, 'udp');
  return ok;
}
