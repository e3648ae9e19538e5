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
