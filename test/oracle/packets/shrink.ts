import type { RecordedCase } from '../../conformance/play.ts';
import { ask } from './batch.ts';
import { kindOf } from './describe.ts';
import type { Kernel } from './kernel.ts';
import { type Command, renumber, type Scenario } from './scenario.ts';

/** Tries to leave things out, in halves, then quarters …, keeping what still differs (delta debugging). */
async function reduce<T>(all: readonly T[], differs: (kept: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let kept = all;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < kept.length; ) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (without.length < kept.length && (await differs(without))) kept = without;
      else at += size;
    }
  }
  return kept;
}

/** Lines of a command's input that may go one by one: rules, not what holds them. */
const isRule = (line: string): boolean => line !== '' && !/^(table|chain|\}|type |\*|:|COMMIT|set |map )/.test(line.trim());

/** The smallest scenario found that still differs, in the way it did (`why`). */
export async function shrink(kernel: Kernel, whole: Scenario, why: string): Promise<{ readonly recorded: RecordedCase; readonly why: string | null }> {
  let best = whole;
  const kind = kindOf(why);
  const differs = async (s: Scenario): Promise<boolean> => {
    try {
      const now = (await ask(kernel, s)).why;
      if (now === null || now.includes('nothing was emitted at step') || kindOf(now) !== kind) return false;
      best = s;
      return true;
    } catch {
      return false;
    }
  };
  for (let round = 0; round < 2; round++) {
    const steps = best.steps.map((step, k) => ({ step, k }));
    const from = best;
    await reduce(steps, async (kept) => {
      const left = renumber(kept);
      return left !== null && differs({ ...from, steps: left });
    });
    for (let i = 0; i < best.setup.length; i++) {
      const command: Command = best.setup[i];
      if (await differs({ ...best, setup: best.setup.filter((_, k) => k !== i) })) {
        i--;
        continue;
      }
      if (command.stdin === undefined) continue;
      const lines = command.stdin.split('\n');
      const free = lines.map((_, k) => k).filter((k) => isRule(lines[k]));
      const held = best;
      await reduce(free, (kept) => {
        const stay = new Set(kept);
        const stdin = lines.filter((l, k) => !isRule(l) || stay.has(k)).join('\n');
        return differs({ ...held, setup: held.setup.map((x, k) => (k === i ? { ...x, stdin } : x)) });
      });
    }
  }
  return ask(kernel, best);
}
