import type { Command } from '../command.ts';
import { readInputs } from './_inputs.ts';

/** cat: files, or standard input, one after the other. */
export const commands: readonly Command[] = [
  {
    names: ['cat'],
    coreutil: true,
    run(call) {
      const { texts, status } = readInputs(
        call,
        call.argv.slice(1).filter((w) => w === '-' || !w.startsWith('-')),
      );
      for (const { text } of texts) call.out(text);
      return status;
    },
  },
];
