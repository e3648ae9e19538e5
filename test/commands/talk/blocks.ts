export interface Block {
  readonly command: string;
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

/** Times and rates are the machine's. */
export const masked = (text: string): string =>
  text
    .replace(/time=[\d.]+ ms/g, 'time=T ms')
    .replace(/time \d+ms/g, 'time Tms')
    .replace(/= [\d./]+ ms/g, '= T ms')
    .replace(/ {2}[\d.]+ ms/g, '  T ms')
    .replace(/after \d+ (ms|milliseconds)/g, 'after T $1');

/** A recording: each command after `### `, standard output, standard error after `-2-`, the status after `=`. */
export function blocks(text: string): Block[] {
  return text
    .split(/^### /m)
    .slice(1)
    .map((b) => {
      const at = b.indexOf('\n');
      const m = /^([^]*)\n-2-\n([^]*)\n=(\d+)\n$/.exec(`\n${b.slice(at + 1)}`);
      if (!m) throw new Error(`no recording: ${b}`);
      return { command: b.slice(0, at), out: m[1].slice(1), err: m[2], status: Number(m[3]) };
    });
}
