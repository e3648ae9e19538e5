import type { Cmd, Source } from './ast.ts';
import { run } from './automaton.ts';
import { terminals } from '../generated/nft/nft.ts';
import type { NftError } from './error.ts';
import { ParserState, type ParseEnv } from './state.ts';
import { wordsFor } from './words.ts';

export { fromBytes, nftError, position, printErrors, NOWHERE, type NftError } from './error.ts';
export { closest, closestSymbol } from './misspell.ts';
export { type ParseEnv, Scope } from './state.ts';
export { text, textOf } from './build/expression.ts';

/**
 * Reads a text into commands. As in nft_run_cmd_from_*, commands read before, between and after errors are there: nft goes on to
 * evaluate them (and prints those errors too) before it gives up. `failed` is what makes it give up, `recovered` how many errors it got over.
 */
export function parseNft(source: Source, env: ParseEnv): { readonly cmds: Cmd[]; readonly errors: NftError[]; readonly failed: boolean; readonly recovered: number } {
  const defines = defined(env);
  if (defines && defines.nerrs > 0) return { cmds: [], errors: defines.errors, failed: true, recovered: 0 };
  const state = new ParserState(source, env, defines?.topScope);
  const accepted = run(state);
  return { cmds: state.cmds, errors: state.errors, failed: !accepted || state.nerrs > 0, recovered: state.nerrs };
}

/** Words that could follow a text, and whether a name could. */
export function expected(text: string, env: ParseEnv): { readonly words: readonly string[]; readonly name: boolean } {
  const state = new ParserState({ kind: 'command line', name: '<cmdline>', text }, env);
  const words: string[] = [];
  let name = false;
  state.atEnd = (accepts) => {
    name = accepts('string');
    for (const t of terminals) if (accepts(t)) words.push(...wordsFor(t, state.lexer.innermost));
  };
  run(state);
  return { words, name };
}

/** load_cmdline_vars: `-D` is a text of definitions before the text proper. */
function defined(env: ParseEnv): ParserState | null {
  if (!env.defines?.length) return null;
  const state = new ParserState({ kind: 'command line', name: '<cmdline>', text: env.defines.map(([k, v]) => `define ${k}=${v}; `).join('') }, env);
  if (!run(state)) state.nerrs++;
  return state;
}

/** Text of the command line: nft joins its arguments and ends them with a newline. */
export const commandLine = (text: string): Source => ({ kind: 'command line', name: '<cmdline>', text: `${text}\n` });
