import { cpus } from 'node:os';
import type { RecordedCase } from '../../conformance/play.ts';
import { play } from '../../conformance/play.ts';
import { Choice } from '../random.ts';
import { helperScenario } from './generate/helper/scenario.ts';
import { KINDS, type Kind } from './generate/kinds.ts';
import { Kernel } from './kernel.ts';
import { record } from './record.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';

export interface Difference {
  readonly recorded: RecordedCase;
  readonly why: string;
}

export interface BatchOptions {
  readonly kind: Kind;
  readonly seed: number;
  readonly count: number;
  readonly jobs: number;
  readonly shrink: boolean;
  /** Dialogs of connection tracking helpers instead of anything: of one helper, or 'all'. */
  readonly helper?: string;
  readonly each: (d: Difference) => void;
  /** Is shown every recording. */
  readonly recorded?: (c: RecordedCase) => void;
}

/** The recording of what the kernel does, and what drywall does differently (null: nothing). */
export async function ask(kernel: Kernel, s: Scenario): Promise<{ readonly recorded: RecordedCase; readonly why: string | null }> {
  const recorded = record(s, await kernel.play(s));
  return { recorded, why: await play(recorded).catch((e: unknown) => `threw ${e instanceof Error ? e.stack : e}`) };
}

/** Plays random scenarios `seed`, `seed + 1` …; each is made from its own seed alone. */
export async function differences(o: BatchOptions): Promise<{ readonly steps: number; readonly failed: number }> {
  let next = 0;
  const total = { steps: 0, failed: 0 };
  await Promise.all(
    Array.from({ length: o.jobs }, async (_, j) => {
      let kernel = new Kernel(j % cpus().length);
      while (next < o.count) {
        const seed = o.seed + next++;
        const choice = new Choice(seed);
        const scenario = await (o.helper === undefined ? KINDS[o.kind](choice, `pkt/fuzz/${o.kind}/${seed}`) : helperScenario(choice, `pkt/helper-fuzz/${seed}`, o.helper));
        total.steps += scenario.steps.length;
        try {
          const { recorded, why } = await ask(kernel, scenario);
          o.recorded?.(recorded);
          // Once more, since a busy machine may make a scenario so slow that its timers fire.
          if (why === null || (await ask(kernel, scenario)).why === null) continue;
          const small = o.shrink ? await shrink(kernel, scenario, why) : { recorded, why };
          // What agrees once it is small was a matter of time too, unless the whole still differs.
          if (small.why !== null) o.each({ recorded: small.recorded, why: small.why });
          else if ((await ask(kernel, scenario)).why !== null) o.each({ recorded, why });
        } catch (e) {
          total.failed++;
          console.log(`${scenario.id}: ${e instanceof Error ? e.stack : e}`);
          kernel.close();
          kernel = new Kernel(j % cpus().length);
        }
      }
      kernel.close();
    }),
  );
  return total;
}
