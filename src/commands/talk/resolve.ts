import { namesOf } from '../../kernel/net/names/index.ts';
import { ptonV4, ptonV6 } from '../../kernel/xt/address.ts';
import type { Call } from '../command.ts';

/** A destination by address or by the host's names; null: unknown, as without a name server. `family` 0: either. */
export function resolveName(call: Call, name: string, family: 0 | 4 | 6 = 0): Uint8Array | null {
  const numeric = ptonV4(name) ?? ptonV6(name);
  if (numeric) return family === 0 || (family === 4) === (numeric.length === 4) ? numeric : null;
  const names = namesOf((path) => call.host.files.read(path));
  const own = hostsFile(call, name, family);
  if (own) return own;
  return (family !== 6 ? names.host(name, 'ip')[0] : undefined) ?? (family !== 4 ? names.host(name, 'ip6')[0] : undefined) ?? null;
}

function hostsFile(call: Call, name: string, family: 0 | 4 | 6): Uint8Array | null {
  for (const line of (call.host.files.read('/etc/hosts') ?? '').split('\n')) {
    const [address, ...words] = line.replace(/#.*/, '').trim().split(/\s+/);
    const bytes = words.includes(name) ? (ptonV4(address) ?? ptonV6(address)) : null;
    if (bytes && (family === 0 || (family === 4) === (bytes.length === 4))) return bytes;
  }
  return null;
}

/** Is there a way to it? (connect(2) on a datagram socket) */
export const reachable = (call: Call, address: Uint8Array): boolean => call.host.net.stack.sockets.source(address) !== null;

/** Lets hosts outside answer what has left. */
export async function settler(call: Call): Promise<() => void> {
  const outside = await call.host.outside?.();
  return () => outside?.settle();
}
