/** Ends the tool (exit_error): the text after `conntrack v1.4.8 (conntrack-tools): `. Parameter problems add the hint to try -h. */
export class ConntrackError extends Error {
  readonly status: 1 | 2;
  constructor(status: 1 | 2, message: string) {
    super(message);
    this.status = status;
  }
}

export const VERSION = '1.4.8';
export const PROGRAM = `conntrack v${VERSION} (conntrack-tools): `;
export const parameter = (message: string): ConntrackError => new ConntrackError(2, message);
