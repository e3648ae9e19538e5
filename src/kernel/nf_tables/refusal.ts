import type { Errno } from '../errno.ts';
import type { MessageAttribute } from './message.ts';

/** Why the kernel refuses a message: the errno and what NL_SET_BAD_ATTR names. */
export interface Refusal {
  readonly errno: Errno;
  readonly attribute?: MessageAttribute;
  readonly at?: number;
}

export const refuse = (errno: Errno, attribute?: MessageAttribute, at?: number): Refusal => ({ errno, attribute, at });

/** What a message handler answers: null is success. */
export type Outcome = Refusal | null;
