import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';

/** A file of /proc that the namespace's subsystems fill, or (with `names`) a folder of such files. One file of ./file each. */
export interface ProcFile {
  readonly path: string;
  readonly mode: number;
  /** Commands that change nothing but rules can change it, too. */
  readonly ofRules?: true;
  /** Folder: the files in it. */
  names?(net: Netns): readonly string[];
  /** The text; in a folder, of the file of this name. Undefined: no such file. */
  read(net: Netns, name: string): string | undefined;
  /** A file that can be written. */
  write?(net: Netns, name: string, text: string): Errno | null;
}
