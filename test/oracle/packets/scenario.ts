import type { Patch } from '../../conformance/patch.ts';

/** A scenario as shared/cases/packets/README.md describes them, before it is recorded. Frames and packets in hex. */
export interface Command {
  readonly argv: readonly string[];
  readonly stdin?: string;
}
export interface Inject {
  readonly inject: { readonly iface: string; readonly frame: string };
  /** Bytes taken from frames that the router emitted at earlier steps (a random port). */
  readonly patch?: readonly Patch[];
}
export interface Local {
  readonly local: { readonly packet: string };
}
export interface Wait {
  readonly wait: number;
}
export type Step = Command | Inject | Local | Wait;

export interface Scenario {
  readonly id: string;
  readonly about: string;
  readonly setup: readonly Command[];
  readonly steps: readonly Step[];
  readonly normalise?: { readonly random_ports?: boolean; readonly random_isn?: boolean };
}

/** The steps that are left, with what they take from others pointing to where those are now; null: one of those has gone. */
export function renumber(kept: readonly { readonly step: Step; readonly k: number }[]): Step[] | null {
  const place = new Map(kept.map((x, now) => [x.k, now]));
  if (kept.some(({ step }) => 'inject' in step && step.patch?.some((p) => !place.has(p.from[0])))) return null;
  return kept.map(({ step }) =>
    'inject' in step && step.patch ? { ...step, patch: step.patch.map((p) => ({ ...p, from: [place.get(p.from[0]) as number, p.from[1], p.from[2], p.from[3]] as const })) } : step,
  );
}
