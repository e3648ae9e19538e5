import type { Choice } from '../../random.ts';
import type { Scenario } from '../scenario.ts';
import { routedScenario } from './scenario.ts';
import { wideScenario } from './wide.ts';

/** What sorts of scenarios there are: each is made from the choices of its seed alone. */
export const KINDS = { routed: routedScenario, wide: wideScenario } as const satisfies Readonly<Record<string, (c: Choice, id: string) => Promise<Scenario>>>;
export type Kind = keyof typeof KINDS;

export function kindNamed(name: string): Kind {
  if (!Object.hasOwn(KINDS, name)) throw new Error(`no such kind of scenario: ${name} (${Object.keys(KINDS).join(', ')})`);
  return name as Kind;
}
