import { ntop } from '../../kernel/xt/address.ts';
import type { IcmpError } from '../../kernel/stack/sockets.ts';
import type { Call } from '../command.ts';
import { Getopt } from '../getopt.ts';
import { reachable, resolveName, settler } from './resolve.ts';

/** pr_icmph of iputils: type and code in words. */
const ERRORS4: Readonly<Record<string, string>> = {
  '3 0': 'Destination Net Unreachable',
  '3 1': 'Destination Host Unreachable',
  '3 2': 'Destination Protocol Unreachable',
  '3 3': 'Destination Port Unreachable',
  '3 4': 'Frag needed and DF set (mtu = 0)',
  '3 5': 'Source Route Failed',
  '3 6': 'Destination Net Unknown',
  '3 7': 'Destination Host Unknown',
  '3 9': 'Destination Net Prohibited',
  '3 10': 'Destination Host Prohibited',
  '3 13': 'Packet filtered',
  '11 0': 'Time to live exceeded',
  '11 1': 'Frag reassembly time exceeded',
};
const ERRORS6: Readonly<Record<string, string>> = {
  '1 0': 'Destination unreachable: No route',
  '1 1': 'Destination unreachable: Administratively prohibited',
  '1 2': 'Destination unreachable: Beyond scope of source address',
  '1 3': 'Destination unreachable: Address unreachable',
  '1 4': 'Destination unreachable: Port unreachable',
  '3 0': 'Time exceeded: Hop limit',
  '3 1': 'Time exceeded: Defragmentation failure',
};

interface Options {
  readonly count: number;
  readonly interval: number;
  readonly size: number;
  readonly ttl: number;
  readonly timeout: number;
  readonly quiet: boolean;
  readonly family: 0 | 4 | 6;
}

/** Bytes of the time that a request carries; smaller ones are not timed. */
const STAMP = 16;

/** Without -c the real one goes on until a signal; here it ends by itself. */
const USUAL_COUNT = 4;

function options(call: Call): { readonly o: Options; readonly name: string } | number {
  let o: Options = { count: USUAL_COUNT, interval: 1, size: 56, ttl: 64, timeout: 10, quiet: false, family: call.argv[0] === 'ping6' ? 6 : 0 };
  const g = new Getopt(call.argv, 'h?VQ:T:aAbBc:CdDe:fF:i:I:l:Lm:M:nN:Op:qrRs:S:t:UvW:w:346H');
  for (let item = g.next([]); item; item = g.next([])) {
    if (item.kind !== 'option') {
      call.err(`ping: ${item.message}\n`);
      return 2;
    }
    const number = Number(item.arg);
    const range = (from: number, to: number, shown = String(to)): boolean => {
      if (/^\d+$/.test(item.arg ?? '') && number >= from && number <= to) return true;
      call.err(`ping: invalid argument: '${item.arg}'${/^\d+$/.test(item.arg ?? '') ? `: out of range: ${from} <= value <= ${shown}` : ''}\n`);
      return false;
    };
    switch (item.val) {
      case 'c':
        if (!range(1, Number.MAX_SAFE_INTEGER, '9223372036854775807')) return 1;
        o = { ...o, count: number };
        break;
      case 'i':
        o = { ...o, interval: Number.isFinite(number) ? number : 1 };
        break;
      case 's':
        if (!range(0, 65399)) return 1;
        o = { ...o, size: number };
        break;
      case 't':
        if (!range(0, 255)) return 1;
        o = { ...o, ttl: number || 64 };
        break;
      case 'W':
        o = { ...o, timeout: Number.isFinite(number) ? number : 10 };
        break;
      case 'q':
        o = { ...o, quiet: true };
        break;
      case '4':
      case '6':
        o = { ...o, family: item.val === '4' ? 4 : 6 };
        break;
      default:
    }
  }
  const name = g.argv[g.optind];
  if (name === undefined) {
    call.err('ping: usage error: Destination address required\n');
    return 2;
  }
  return { o, name };
}

/** ping(8) of iputils 20240905. The model's answers come at once: round trips take no time. */
export async function ping(call: Call): Promise<number> {
  const read = options(call);
  if (typeof read === 'number') return read;
  const { o, name } = read;
  const to = resolveName(call, name, o.family);
  if (!to) {
    call.err(`ping: ${name}: Temporary failure in name resolution\n`);
    return 2;
  }
  if (!reachable(call, to)) {
    call.err('ping: connect: Network is unreachable\n');
    return 2;
  }
  const { sockets } = call.host.net.stack;
  const settle = await settler(call);
  const text = ntop(to),
    v4 = to.length === 4,
    id = 1 + call.host.net.random.below(0xffff);
  call.out(`PING ${name} (${text}) ${o.size}${v4 ? `(${o.size + 28}) bytes of data.` : ' data bytes'}\n`);
  const heard = { echoes: [] as { readonly id: number; readonly seq: number; readonly ttl: number; readonly size: number; readonly src: Uint8Array }[], errors: [] as IcmpError[] };
  sockets.heard = heard;
  let received = 0,
    errors = 0,
    passed = 0;
  const listen = (): void => {
    settle();
    for (const e of heard.echoes.splice(0)) {
      if (e.id !== id) continue;
      received++;
      if (!o.quiet) call.out(`${e.size} bytes from ${ntop(e.src)}: icmp_seq=${e.seq} ttl=${e.ttl}${e.size >= STAMP + 8 ? ' time=0.000 ms' : ''}\n`);
    }
    for (const e of heard.errors.splice(0)) {
      if (e.id !== id) continue;
      errors++;
      if (!o.quiet)
        call.out(`From ${ntop(e.from)} icmp_seq=${e.seq} ${(v4 ? ERRORS4 : ERRORS6)[`${e.type} ${e.code}`] ?? (v4 ? `Bad ICMP type: ${e.type}` : `Unknown type ${e.type}`)}\n`);
    }
  };
  const wait = async (seconds: number): Promise<void> => {
    await call.host.advance(seconds);
    listen();
  };
  for (let seq = 1; seq <= o.count; seq++) {
    sockets.ping(
      to,
      id,
      seq & 0xffff,
      Uint8Array.from({ length: o.size }, (_, i) => i & 255),
      o.ttl,
    );
    listen();
    if (seq === o.count) break;
    passed += o.interval;
    await wait(o.interval);
  }
  if (received + errors < o.count) await wait(o.timeout);
  sockets.heard = null;
  const loss = Math.floor(((o.count - received) * 100) / o.count);
  call.out(`\n--- ${name} ping statistics ---\n`);
  call.out(`${o.count} packets transmitted, ${received} received,${errors ? ` +${errors} errors,` : ''} ${loss}% packet loss, time ${Math.round(passed * 1000)}ms\n`);
  call.out(received && o.size >= STAMP ? 'rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms\n' : '\n');
  return received ? 0 : 1;
}
