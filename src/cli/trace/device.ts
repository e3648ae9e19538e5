import { dissect } from '../../host/packet/describe.ts';
import type { StateHost } from '../host.ts';
import { readPackets, type SendOptions } from '../send.ts';

/**
 * The device on which a packet would come in when nobody says: that of the route to its source. Undefined: the source is
 * the host itself, or nothing leads there.
 */
export function guessDevice(words: readonly string[], o: Pick<SendOptions, 'state' | 'hex'>, host: StateHost): string | undefined {
  const { stack } = host.host.net;
  const first = readPackets(words, o, host)[0];
  if (!first || first.device !== null || first.frames.length === 0) return undefined;
  const { family, src } = dissect(first.frames[0], false);
  if (family === null || (family === 4 ? stack.ip4 : stack.ip6).isLocal(src)) return undefined;
  const hit = stack.fib.lookup(family, { daddr: src, saddr: null, mark: 0, iif: 0, oif: 0, tos: 0 });
  return 'error' in hit || hit.route.type !== 'unicast' ? undefined : stack.device(hit.hop.dev)?.name;
}
