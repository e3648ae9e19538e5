import { existsSync, fstatSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { STATE_FAILED, StateError } from '../host/state/store.ts';
import { type Family, type Started, StateHost } from '../host/state/state-host.ts';

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
export async function runTool(argv: readonly string[], family: Family): Promise<number> {
  let host: StateHost;
  try {
    host = await StateHost.open(undefined, { family });
  } catch (e) {
    if (!(e instanceof StateError)) throw e;
    write(2, `drywall: ${e.message}\n`);
    return STATE_FAILED;
  }
  try {
    if (LISTENING.test(argv.slice(0, 3).join(' '))) {
      const started = await host.listen(argv);
      if (started) return await follow(host, argv, started);
    }
    const env = Object.fromEntries(Object.entries(process.env).filter((kv): kv is [string, string] => kv[1] !== undefined));
    if (INTERACTIVE.test(argv.join(' ')) && isTerminal(0)) {
      const { converse } = await import('./typed.ts');
      return await converse(host, argv, env);
    }
    const r = await host.exec(argv, { stdin: () => readFileSync(0, 'utf8'), env, cwd: process.cwd(), tty: isTerminal(1) });
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

/** `nft` with nothing but options, `-i` among them. */
const INTERACTIVE = /^\S*nft( -\S+)*( -[a-zA-Z]*i[a-zA-Z]*| --interactive)( -\S+)*$/;

/** Commands that may go on; asking the others would run them twice. */
const LISTENING = /^(conntrack|nft|xtables-monitor|xtables-nft-multi xtables-monitor)\b/;
const POLL_MS = 20;

/** Prints what other processes leave for this listener until a signal ends it. */
async function follow(host: StateHost, argv: readonly string[], { running, sink }: Started): Promise<number> {
  write(1, sink.out);
  write(2, sink.err);
  if (running.ended) return running.stop('TERM');
  sink.out = sink.err = '';
  const id = host.store.addListener(process.pid, argv);
  host.store.commit();
  let seq = 0;
  let version = -1;
  const take = (): void => {
    if (host.store.version === version) return;
    version = host.store.version;
    for (const o of host.store.outputSince(id, seq)) {
      write(1, o.text);
      seq = o.seq;
    }
  };
  const timer = setInterval(take, POLL_MS);
  const signal = await new Promise<string>((done) => {
    for (const s of ['SIGINT', 'SIGTERM'] as const) process.once(s, () => done(s.slice(3)));
  });
  clearInterval(timer);
  version = -1;
  take();
  running.shown = host.store.listeners().find((l) => l.id === id)?.shown ?? 0;
  host.store.removeListener(id);
  const status = running.stop(signal);
  write(1, sink.out);
  write(2, sink.err);
  return status;
}

/** Asked of the descriptor: process.stdin and process.stdout would load the whole of streams for it. */
const isTerminal = (fd: number): boolean => fstatSync(fd).isCharacterDevice() && existsSync(`/dev/fd/${fd}`) && readlinkSync(`/dev/fd/${fd}`) !== '/dev/null';
