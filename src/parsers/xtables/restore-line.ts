import nearley from 'nearley';
import grammar from '../generated/xtables/restore.ts';

/** A line of the restore tools that is no rule. What was not there is null. */
export type RestoreLine =
  | { readonly kind: 'table'; readonly name: string | null }
  | {
      readonly kind: 'chain';
      readonly name: string | null;
      readonly policy: string | null;
      readonly counters: { readonly packets: bigint; readonly bytes: bigint } | 'invalid' | null;
    };

interface Token {
  readonly type: 'star' | 'colon' | 'counters' | 'word';
  readonly text: string;
  readonly value: unknown;
}

function tokens(line: string): Token[] {
  const words = line
    .slice(1)
    .split(/[ \t\n]+/)
    .filter((w) => w !== '');
  return [
    { type: line[0] === '*' ? 'star' : 'colon', text: line[0], value: line[0] },
    ...words.map((text): Token => {
      const m = /^\[(\d+):(\d+)/.exec(text);
      return m ? { type: 'counters', text, value: { packets: BigInt(m[1]), bytes: BigInt(m[2]) } } : { type: 'word', text, value: text };
    }),
  ];
}

const compiled = nearley.Grammar.fromCompiled(grammar as unknown as nearley.CompiledRules);

/** Reads a line that begins with `*` or `:`. */
export function parseRestoreLine(line: string): RestoreLine {
  const parser = new nearley.Parser(compiled);
  for (const t of tokens(line)) parser.feed([t] as unknown as string);
  if (parser.results.length !== 1) throw new Error(`${parser.results.length} readings of ${line}`);
  return parser.results[0] as RestoreLine;
}
