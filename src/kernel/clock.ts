/**
 * The time of a host. Kernel code never asks the real clock: what moves time is at the edge (the library's `advance`,
 * or the wall clock of the command line).
 */
export interface Clock {
  /** Milliseconds since the host booted; fractions allowed, never goes back. */
  now(): number;
  /** Milliseconds since 1970-01-01 UTC. */
  wall(): number;
}

/** Source of everything the kernel picks at random; seeded, so that a run can be repeated. */
export interface Random {
  /** A 32-bit unsigned number. */
  u32(): number;
  /** Uniform in [0, limit). */
  below(limit: number): number;
}

/** CONFIG_HZ of the modelled kernel: jiffies a second. */
export const HZ = 250;
