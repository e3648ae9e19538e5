// Words between a run's shells and the resident process; server.ts has the form of requests and answers.

/** Asked after a builtin has written to a file: the kernel's refusal, if it was one of its own. */
export const WRITTEN = ':written';

/** Asked for what can be typed next. */
export const COMPLETE = ':complete';

/** Says that the standard input of the command under way is there. */
export const INPUT = ':input';

/** Answer pipes: how many subshells and background jobs can have a command under way at once. */
export const ANSWER_PIPES = 64;

/** A word of the shell's that stands for `s`. */
export const quote = (s: string): string => `'${s.replaceAll("'", "'\\''")}'`;

/** A tool's name and the folder in which Debian has it. */
export interface Tool {
  readonly name: string;
  readonly folder: '/usr/sbin' | '/usr/bin';
}

/** Names under which a script may call a tool: both folders are the same on a machine with merged /usr. */
export const callNames = ({ name, folder }: Tool): string[] => [name, `${folder}/${name}`, `${folder.slice('/usr'.length)}/${name}`];
