import type { Errno } from '../errno.ts';
import type { Register } from './expression.ts';
import { wordOf } from './machine.ts';

/** What an expression says of the registers it needs, in the order in which its init asks for them; lengths in bytes. */
export interface RegisterUse {
  /** nft_parse_register_load; a register that the expression goes without is none. */
  load(reg: Register | undefined, len: number): void;
  /** nft_parse_register_store; verdicts go beside the registers. */
  store(reg: Register | undefined, len: number): void;
}

/** Registers of 32 bits that rules have (NFT_REG32_NUM). */
const WORDS = 20;
/** Those that hold data: the first four are the verdict's. */
const FIRST = 4;

/** The registers that the expressions of one rule have filled so far (struct nft_ctx: reg_inited). */
export class RuleRegisters implements RegisterUse {
  #filled = 0;
  #bad: Errno | null = null;

  load(reg: Register | undefined, len: number): void {
    const bits = this.#bits(reg, len);
    if (bits & ~this.#filled) this.#bad ??= 'ENODATA';
  }

  store(reg: Register | undefined, len: number): void {
    if (reg === 0) return;
    const bits = this.#bits(reg, len);
    if (!this.#bad) this.#filled |= bits;
  }

  /** What was refused since the last call, if anything: EINVAL, ERANGE (no such registers), ENODATA (nothing filled them). */
  refused(): Errno | null {
    const bad = this.#bad;
    this.#bad = null;
    return bad;
  }

  /** nft_validate_register_load, nft_validate_register_store */
  #bits(reg: Register | undefined, len: number): number {
    if (reg === undefined) return 0;
    const from = wordOf(reg),
      n = (len + 3) >> 2;
    if (from < FIRST || n === 0) this.#bad ??= 'EINVAL';
    else if (from + n > WORDS) this.#bad ??= 'ERANGE';
    return this.#bad ? 0 : ((1 << n) - 1) << from;
  }
}
