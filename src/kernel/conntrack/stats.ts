/** struct ip_conntrack_stat of one CPU: `conntrack -S` and /proc/net/stat/nf_conntrack. All work is on CPU 0. */
export interface ConntrackStats {
  found: number;
  invalid: number;
  insert: number;
  insertFailed: number;
  clashResolve: number;
  drop: number;
  earlyDrop: number;
  error: number;
  expectNew: number;
  expectCreate: number;
  expectDelete: number;
  searchRestart: number;
  chaintoolong: number;
}

export const newStats = (): ConntrackStats => ({
  found: 0,
  invalid: 0,
  insert: 0,
  insertFailed: 0,
  clashResolve: 0,
  drop: 0,
  earlyDrop: 0,
  error: 0,
  expectNew: 0,
  expectCreate: 0,
  expectDelete: 0,
  searchRestart: 0,
  chaintoolong: 0,
});

/** Possible CPUs of the modelled machine. */
export const CPUS = 2;
