import type { CommandName } from '../options.ts';
import { atoi, longs, saveFields } from '../protocol.ts';
import type { ProtoHandler } from '../protocol.ts';

const names = ['srckey', 'dstkey', 'reply-key-src', 'reply-key-dst', 'mask-key-src', 'mask-key-dst', 'tuple-key-src', 'tuple-key-dst'];
const matrix: Partial<Record<CommandName, string>> = { expCreate: '!!!!!!!!', expDelete: '!!!!....', expGet: '!!!!....' };
for (const c of ['list', 'update', 'delete', 'event'] as const) matrix[c] = '????....';
for (const c of ['create', 'add', 'get'] as const) matrix[c] = '2222....';

/** strtoul with base 0, cut to the 16 bits that are kept. */
const key = (text: string): number => {
  const m = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|\d+)/.exec(text);
  if (!m) return 0;
  const n = /^0[xX]/.test(m[2]) ? Number(m[2]) : m[2][0] === '0' ? Number.parseInt(m[2], 8) || 0 : atoi(m[2]);
  return (m[1] === '-' ? -n : n) & 0xffff;
};

export const protocol: ProtoHandler = {
  name: 'gre',
  protonum: 47,
  names,
  matrix,
  pairs: [
    ['srckey', 'dstkey'],
    ['reply-key-src', 'reply-key-dst'],
  ],
  pairWords: ["`--srckey' and `--dstkey'", "`--reply-src-key' and `--reply-dst-key'"],
  options: longs([
    ['orig-key-src', 'srckey'],
    ['orig-key-dst', 'dstkey'],
    ['reply-key-src', 'reply-key-src'],
    ['reply-key-dst', 'reply-key-dst'],
    ['mask-key-src', 'mask-key-src'],
    ['mask-key-dst', 'mask-key-dst'],
    ['tuple-key-src', 'tuple-key-src'],
    ['tuple-key-dst', 'tuple-key-dst'],
    ['srckey', 'srckey'],
    ['dstkey', 'dstkey'],
  ]),
  help: [
    '--orig-key-src\t\toriginal source key',
    '--orig-key-dst\t\toriginal destination key',
    '--reply-key-src\t\treply source key',
    '--reply-key-dst\t\treply destination key',
    '--mask-key-src\t\tmask source key',
    '--mask-key-dst\t\tmask destination key',
    '--tuple-key-src\t\texpectation tuple src key',
    '--tuple-key-src\t\texpectation tuple dst key',
  ],
  parse(name, value, { ct, exptuple, mask }) {
    const n = key(value);
    switch (name) {
      case 'srckey':
        ct.orig.sport = n;
        ct.orig.l4 = 47;
        break;
      case 'dstkey':
        ct.orig.dport = n;
        ct.orig.l4 = 47;
        break;
      case 'reply-key-src':
        ct.repl.sport = n;
        ct.repl.l4 = 47;
        break;
      case 'reply-key-dst':
        ct.repl.dport = n;
        ct.repl.l4 = 47;
        break;
      case 'mask-key-src':
        mask.orig.sport = n;
        mask.orig.l4 = 47;
        break;
      case 'mask-key-dst':
        mask.orig.dport = n;
        mask.orig.l4 = 47;
        break;
      case 'tuple-key-src':
        exptuple.orig.sport = n;
        exptuple.orig.l4 = n >> 8;
        break;
      default:
        exptuple.orig.dport = n;
        exptuple.orig.l4 = n >> 8;
    }
  },
  save: (ct) =>
    saveFields([
      ['--srckey', ct.orig.sport],
      ['--dstkey', ct.orig.dport],
      ['--reply-key-src', ct.repl.sport],
      ['--reply-key-dst', ct.repl.dport],
    ]),
};
