import type { Host } from '../host/host.ts';

/** What a person at the prompt of `drywall shell` can type next: a folder of src/commands exports one as `completer` of complete.ts. */
export interface Completer {
  /** Does it know the program of this name? */
  knows(name: string): boolean;
  /** Words that could stand at the cursor; `before`: those up to it, the program's name first. In any order, not yet filtered. */
  complete(before: readonly string[], host: Host): Iterable<string>;
}
