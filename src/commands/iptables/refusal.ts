import { strerror } from '../../kernel/errno.ts';
import type { Errno } from '../../kernel/errno.ts';

/** Failure of an operation: fn of nft_strerror's table and errno. */
export interface Refusal {
  readonly fn: string;
  readonly errno: Errno | 'ENXIO';
}

/** What the kernel said to a legacy tool, which sends whole tables and names no rule. */
export class LegacyRefusal extends Error {
  readonly errno: Errno;
  constructor(errno: Errno) {
    super(errno);
    this.errno = errno;
  }
}

/** A rule of the kernel that the tools cannot read. */
export class ParseFailure extends Error {
  constructor(message: string) {
    super(message);
  }
}

/** nft.c: nft_strerror. */
export function refusalText(r: Refusal): string {
  const table: Readonly<Record<string, string>> = {
    'newChain EEXIST': 'Chain already exists',
    'insert E2BIG': 'Index of insertion too big',
    'check ENOENT': 'Bad rule (does a matching rule exist in that chain?)',
    'replace E2BIG': 'Index of replacement too big',
    'deleteNum E2BIG': 'Index of deletion too big',
    'delete ENOENT': 'Bad rule (does a matching rule exist in that chain?)',
    'zeroNum ENOENT': 'Bad rule (does a matching rule exist in that chain?)',
    'policy ENOENT': 'Bad built-in chain name',
    'policy EINVAL': 'Bad policy name',
    'policy ENXIO': 'Bad built-in chain name',
  };
  return table[`${r.fn} ${r.errno}`] ?? (r.errno === 'ENOENT' ? 'No chain/target/match by that name' : strerror(r.errno));
}
