import { protocol as registered } from './generated/proto.ts';
import type { ProtoHandler } from './protocol.ts';

export const protocols: readonly ProtoHandler[] = registered;

/** What a protocol without options of its own gets (ct_proto_unknown). */
export const unknownProtocol: ProtoHandler = {
  name: 'unknown',
  protonum: 0,
  options: [],
  names: [],
  matrix: {},
  pairs: [],
  pairWords: [],
  help: ['no options (unsupported)'],
  parse() {},
  save: () => '',
};

const byNumber = new Map(protocols.map((p) => [p.protonum, p]));

/** findproto: a name of the tool's own, one of /etc/protocols (without options), or a number up to 255. */
export function findProtocol(text: string, lookup: (name: string) => number | undefined): { readonly handler: ProtoHandler; readonly protonum: number } | null {
  const own = protocols.find((p) => p.name === text.toLowerCase());
  if (own) return { handler: own, protonum: own.protonum };
  const named = lookup(text);
  if (named !== undefined) return { handler: unknownProtocol, protonum: named };
  const m = /^[ \t\n\v\f\r]*\+?(0[xX][0-9a-fA-F]+|[0-9]+)$/.exec(text);
  if (!m) return null;
  const n = /^0[0-7]+$/.test(m[1]) ? Number.parseInt(m[1], 8) : Number(m[1]);
  if (!Number.isInteger(n) || n > 255) return null;
  return { handler: byNumber.get(n) ?? unknownProtocol, protonum: n };
}

export const protocolOf = (protonum: number): ProtoHandler | undefined => byNumber.get(protonum);
