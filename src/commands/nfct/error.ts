import { strerror } from '../../kernel/errno.ts';
import type { Errno } from '../../kernel/errno.ts';

/** Ends nfct with status 1: `nfct v1.4.8: MESSAGE`, then a line as it is. */
export class NfctError extends Error {
  readonly after: string | null;
  constructor(message: string, after: string | null = null) {
    super(message);
    this.after = after;
  }
}

export const fail = (message: string): never => {
  throw new NfctError(message);
};
export const netlink = (errno: Errno): never => fail(`netlink error: ${strerror(errno)}`);
