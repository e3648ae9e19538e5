import { readFileSync, writeSync } from 'node:fs';
import { StateError } from '../host/state/store.ts';
import { StateHost } from './host.ts';

/** Exit status when the state cannot be used: sysexits(3) EX_IOERR, which no cloned tool gives. */
export const STATE_FAILED = 74;

function write(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (e) {
      if (e instanceof Error && 'code' in e && e.code === 'EAGAIN') continue;
      if (e instanceof Error && 'code' in e && e.code === 'EPIPE') return; // the reader has seen enough
      throw e;
    }
  }
}

/** Runs one cloned tool as a program of its own: the launcher of bin/tools calls it. */
export async function runTool(argv: readonly string[]): Promise<number> {
  let host: StateHost;
  try {
    host = await StateHost.open();
  } catch (e) {
    if (!(e instanceof StateError)) throw e;
    write(2, `drywall: ${e.message}\n`);
    return STATE_FAILED;
  }
  try {
    const env = Object.fromEntries(Object.entries(process.env).filter((kv): kv is [string, string] => kv[1] !== undefined));
    const r = await host.exec(argv, { stdin: readsStdin(argv) ? readFileSync(0, 'utf8') : '', env, cwd: process.cwd(), tty: process.stdout.isTTY === true });
    host.commit();
    write(1, r.stdout);
    write(2, r.stderr);
    return r.status;
  } catch (e) {
    if (!(e instanceof StateError)) throw e;
    write(2, `drywall: ${e.message}\n`);
    return STATE_FAILED;
  } finally {
    host.abandon();
  }
}

/** Reading a terminal's standard input that the tool does not want would make it hang. */
const readsStdin = (argv: readonly string[]): boolean => !process.stdin.isTTY && /restore|xml| -(?:$| )|stdin| -\w*[ifRp]/.test(argv.join(' '));
