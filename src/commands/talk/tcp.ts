import type { HostConnection, IcmpError } from '../../kernel/stack/sockets.ts';
import { sameBytes } from '../../kernel/net/wire/bytes.ts';
import type { Call } from '../command.ts';
import { reachable } from './resolve.ts';

/** connect(2)'s outcome. */
export type Connected = { readonly ok: HostConnection } | { readonly error: 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ENETUNREACH' | 'ETIMEDOUT' };

/** icmp_err_convert: what a TCP socket in SYN_SENT makes of an error. */
function errnoOf(e: IcmpError, v4: boolean): 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ENETUNREACH' {
  if (v4) return e.type === 3 && (e.code === 2 || e.code === 3) ? 'ECONNREFUSED' : e.type === 3 && [0, 6, 9, 11].includes(e.code) ? 'ENETUNREACH' : 'EHOSTUNREACH';
  return e.type === 1 && e.code === 4 ? 'ECONNREFUSED' : e.type === 1 && e.code === 0 ? 'ENETUNREACH' : 'EHOSTUNREACH';
}

/** A program connects and waits at most `timeout` seconds (the host's clock moves on meanwhile). */
export async function connectTo(call: Call, settle: () => void, to: Uint8Array, port: number, timeout: number): Promise<Connected> {
  const { sockets } = call.host.net.stack;
  if (!reachable(call, to)) return { error: 'ENETUNREACH' };
  sockets.heard = { echoes: [], errors: [] };
  const c = sockets.connect(to, port);
  if (!c) return { error: 'ENETUNREACH' };
  settle();
  const failed = (): Connected | null => {
    if (c.end.reset) return { error: 'ECONNREFUSED' };
    const e = sockets.heard?.errors.find((x) => x.proto === 6 && x.sport === c.end.lport && x.dport === port && sameBytes(x.dst, to));
    return e ? { error: errnoOf(e, to.length === 4) } : null;
  };
  let result: Connected | null = c.opened ? { ok: c } : failed();
  if (!result) {
    await call.host.advance(timeout);
    settle();
    result = c.opened ? { ok: c } : (failed() ?? { error: 'ETIMEDOUT' });
  }
  sockets.heard = null;
  if ('error' in result) sockets.forget(c);
  return result;
}
