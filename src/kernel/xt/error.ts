/** Exit statuses of the xtables tools (enum xtables_exittype). */
export const XT_EXIT = { OTHER_PROBLEM: 1, PARAMETER_PROBLEM: 2, VERSION_PROBLEM: 3, RESOURCE_PROBLEM: 4 } as const;

/**
 * What ends an xtables tool while it reads its command line (xtables_error). The tool prints `PROGRAM vVERSION (nf_tables): MESSAGE`
 * and, for parameter problems, the hint to try -h; nothing has been changed then.
 */
export class XtError extends Error {
  readonly exit: keyof typeof XT_EXIT;
  constructor(exit: keyof typeof XT_EXIT, message: string) {
    super(message);
    this.exit = exit;
  }
}
