import { createHost } from 'drywall';
import { textMatches } from '../conformance/compare.ts';
import { askAll, type Ran, type Step } from './real.ts';

export interface Difference {
  readonly session: readonly Step[];
  readonly step: number;
  readonly real: Ran;
  readonly drywall: Ran;
}

export interface Outcome {
  readonly accepted: number;
  readonly refused: number;
  readonly differences: readonly Difference[];
}

export type Matches = (want: string, got: string) => boolean;

/** Plays sessions on the real tools and on drywall; a session counts as accepted when the command that it is about was. */
export async function compare(sessions: readonly (readonly Step[])[], matches: Matches = textMatches): Promise<Outcome> {
  const real = askAll(sessions);
  const differences: Difference[] = [];
  for (const [i, session] of sessions.entries()) {
    const host = await createHost({ container: true, files: Object.assign({}, ...session.map((s) => s.files ?? {})) });
    for (const [k, step] of session.entries()) {
      const want = real[i][k];
      // What the real tool answers with a crash is left to drywall's own sense (docs/divergences.md).
      if (want.status >= 128) break;
      const got = await host.exec(step.argv, { stdin: step.stdin }).catch((e: unknown): Ran => ({ status: -1, stdout: '', stderr: `threw ${e instanceof Error ? e.stack : e}` }));
      if (got.status === want.status && matches(want.stdout, got.stdout) && matches(want.stderr, got.stderr)) continue;
      differences.push({ session, step: k, real: want, drywall: got });
      break;
    }
    await host.close();
  }
  const accepted = real.filter(
    (r, i) =>
      r[
        Math.max(
          0,
          sessions[i].findIndex((s) => s.judged),
        )
      ].status === 0,
  ).length;
  return { accepted, refused: real.length - accepted, differences };
}

/** A difference as a person reads it: the commands up to it, then both answers. */
export const describeDifference = (d: Difference): string => `${d.session
  .slice(0, d.step + 1)
  .map((s) => `$ ${s.argv.join(' ')}${s.stdin === undefined ? '' : ` <<< ${s.stdin}`}`)
  .join('\n')}
real ${d.real.status}: ${d.real.stdout}${d.real.stderr}
drywall ${d.drywall.status}: ${d.drywall.stdout}${d.drywall.stderr}`;
