import type { Part } from './entry.ts';
import type { CreateData, IpSet } from './set.ts';
import type { SetError } from './entry.ts';
import type { IpSets } from './ipsets.ts';

/** One set type of the kernel: a file in ./type, exported as `setType`. Its columns also drive the command's parser and printer. */
export interface SetType {
  readonly name: string;
  readonly method: 'hash' | 'bitmap' | 'list';
  /** Newest revision, which is what new sets get. */
  readonly revision: number;
  /** inet: of either address family; inet4: of IPv4 only, without saying so; unspec: of none. */
  readonly family: 'inet' | 'inet4' | 'unspec';
  readonly parts: readonly Part[];
  /** Older names that `create` still takes. */
  readonly aliases: readonly string[];
  /** hash:ip and its like: addresses are cut to `netmask` or `bitmask`; printed behind the rest where the C table has them there. */
  readonly netmask?: 'header' | 'end';
  readonly bitmask?: true;
  readonly nomatch?: true;
  make(sets: IpSets, name: string, create: CreateData): IpSet | SetError;
}
