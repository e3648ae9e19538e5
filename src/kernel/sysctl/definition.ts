import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';

/**
 * How a value is read and written, as the kernel's handler does it: `int` proc_dointvec(_minmax), `uint` proc_douintvec,
 * `u8` proc_dou8vec_minmax, `jiffies` proc_dointvec_jiffies (seconds), `ulong` proc_doulongvec_minmax, `string` proc_dostring.
 */
export type SysctlType = 'int' | 'uint' | 'u8' | 'jiffies' | 'ulong' | 'string';

/** One setting or, with several defaults, a vector of them. */
export interface SysctlRow {
  readonly type: SysctlType;
  readonly value: string | readonly number[];
  readonly min?: number;
  readonly max?: number;
  /** Mode 0444 in a container's namespace, or everywhere. */
  readonly readonly?: 'container' | 'always';
  /** Exists only in the machine's own namespace. */
  readonly initOnly?: boolean;
  /** Left out by `sysctl -a`. */
  readonly deprecated?: boolean;
  /** Reading fails with EIO until something was written. */
  readonly unset?: boolean;
  /** Where the value lives, when not in the sysctl table itself. */
  get?(net: Netns): number;
  set?(net: Netns, value: number): void;
  /** Refuses what the handler refuses after parsing. */
  check?(values: readonly number[], net: Netns): boolean;
  /** What is kept of values that were accepted. */
  settle?(values: number[]): number[];
  /** Of a string: the errno for what the handler does not know. */
  checkText?(text: string): Errno | null;
  /** Of a string: what is kept of it. */
  normal?(text: string): string;
}

/** A folder of settings: paths below /proc/sys/ with `/`; `*` stands for `all`, `default` and every device. */
export interface SysctlGroup {
  readonly folder: string;
  /** Of a folder a device: only the devices have one in a container's namespace, and nothing has `all`. */
  readonly devices?: 'own';
  readonly rows: Readonly<Record<string, SysctlRow>>;
}

export const int = (value: number, min?: number, max?: number): SysctlRow => ({ type: 'int', value: [value], min, max });
export const u8 = (value: number, min = 0, max = 255): SysctlRow => ({ type: 'u8', value: [value], min, max });
export const uint = (value: number, min?: number, max?: number): SysctlRow => ({ type: 'uint', value: [value], min, max });
/** A maker of integers within bounds. */
export const range =
  (min: number, max?: number) =>
  (value: number): SysctlRow =>
    int(value, min, max);
export const jiffies = (value: number): SysctlRow => ({ type: 'jiffies', value: [value] });
export const text = (value: string): SysctlRow => ({ type: 'string', value });
export const vector = (...value: number[]): SysctlRow => ({ type: 'int', value });
export const fixed = (row: SysctlRow): SysctlRow => ({ ...row, readonly: 'always' });
/** Many rows of one kind. */
export const rows = (make: (value: number) => SysctlRow, values: Readonly<Record<string, number>>): Record<string, SysctlRow> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, make(value)]));
