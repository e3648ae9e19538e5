/** Files of the host: what scripts wrote, the name databases, and the kernel's own under /proc and /sys. */
export interface Files {
  /** undefined: no such file. */
  read(path: string): string | undefined;
  /** Throws nothing: returns the reason it could not. */
  write(path: string, text: string, append?: boolean): 'EACCES' | 'ENOENT' | 'EISDIR' | 'EINVAL' | null;
  exists(path: string): boolean;
  /** False for the kernel's read-only files: opening them for writing is refused. Absent or true: yes. */
  writable?(path: string): boolean;
  /** Permission bits of the kernel's files; absent or undefined: the usual ones. */
  mode?(path: string): number | undefined;
  /** Names in a folder, sorted; undefined when there is none. */
  list(path: string): readonly string[] | undefined;
  remove(path: string): boolean;
  /** Absolute form of a path as seen from a working directory. */
  resolve(cwd: string, path: string): string;
}
