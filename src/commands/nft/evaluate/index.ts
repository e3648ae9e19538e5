import type { Cmd } from '../../../parsers/nft/ast.ts';
import type { NftError } from '../../../parsers/nft/index.ts';
import type { NameContext } from '../datatype/index.ts';
import type { Cache } from './cache.ts';
import { evaluateCommand, expand } from './commands.ts';
import { Context, EvaluationFailed } from './context.ts';

export { Cache, objKey, type CachedChain, type CachedRule, type CachedTable } from './cache.ts';
export { nearestIn } from './expr.ts';
export { giveType, rawPayload } from './types.ts';

export interface Evaluated {
  /** The commands as they go to the kernel: blocks expanded, anonymous sets and chains before the rules that use them. */
  readonly cmds: Cmd[];
  readonly errors: NftError[];
}

/** nft_evaluate: mutates the trees. With errors nothing is to be sent. */
export function evaluateCommands(
  cmds: readonly Cmd[],
  names: NameContext,
  cache: Cache,
  options: { readonly maxErrors?: number; readonly failures?: number /** Rules are placed beside others by index. */; readonly places?: boolean } = {},
): Evaluated {
  const errors: NftError[] = [];
  const out: Cmd[] = [];
  const c = new Context(names, cache, errors, { next: 1 });
  // the parser's errors count too
  let failures = options.failures ?? 0;
  for (const cmd of cmds.flatMap(expand)) {
    try {
      evaluateCommand(c, cmd, options.places ?? false);
    } catch (e) {
      if (!(e instanceof EvaluationFailed)) throw e;
      if (++failures === (options.maxErrors ?? 10)) break;
    }
    out.push(...c.before, cmd, ...c.after);
  }
  return { cmds: out, errors };
}
