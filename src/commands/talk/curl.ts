import type { Call } from '../command.ts';
import { resolveName, settler } from './resolve.ts';
import { connectTo } from './tcp.ts';

interface Options {
  readonly head: boolean;
  readonly silent: boolean;
  readonly showError: boolean;
  readonly fail: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly output: string | null;
}

const USUAL_TIMEOUT = 134;
const METER = `  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                 Dload  Upload   Total   Spent    Left  Speed
`;
const IDLE = '\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0';
/** Options that change nothing that can be seen here; true: with an argument. */
const OTHER: Readonly<Record<string, boolean>> = {
  '-L': false,
  '-k': false,
  '-4': false,
  '-6': false,
  '-H': true,
  '-A': true,
  '-X': true,
  '--retry': true,
  '-N': false,
  '--compressed': false,
};

function options(call: Call): { readonly o: Options; readonly url: string } | number {
  let o: Options = { head: false, silent: false, showError: false, fail: false, timeout: USUAL_TIMEOUT, output: null };
  let url: string | null = null;
  const words = call.argv.slice(1).flatMap((w) => (/^-[a-zA-Z]{2,}$/.test(w) && !/^-[mHAXo]/.test(w) ? [...w.slice(1)].map((c) => `-${c}`) : [w]));
  for (let i = 0; i < words.length; i++) {
    const w = words[i];
    const set: Readonly<Record<string, () => Options>> = {
      '-I': () => ({ ...o, head: true }),
      '--head': () => ({ ...o, head: true }),
      '-s': () => ({ ...o, silent: true }),
      '--silent': () => ({ ...o, silent: true }),
      '-S': () => ({ ...o, showError: true }),
      '--show-error': () => ({ ...o, showError: true }),
      '-f': () => ({ ...o, fail: true }),
      '--fail': () => ({ ...o, fail: true }),
      '-m': () => ({ ...o, timeout: Number(words[++i]) }),
      '--max-time': () => ({ ...o, timeout: Number(words[++i]) }),
      '--connect-timeout': () => ({ ...o, timeout: Number(words[++i]) }),
      '-o': () => ({ ...o, output: words[++i] ?? null }),
      '--output': () => ({ ...o, output: words[++i] ?? null }),
    };
    if (set[w]) o = set[w]();
    else if (w in OTHER) i += OTHER[w] ? 1 : 0;
    else if (w.startsWith('-')) {
      call.err(`curl: option ${w}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n`);
      return 2;
    } else url = w;
  }
  if (url === null) {
    call.err("curl: try 'curl --help' or 'curl --manual' for more information\n");
    return 2;
  }
  return { o, url };
}

/** curl(1), as much of it as asks whether a web server can be reached: HTTP, one request. */
export async function curl(call: Call): Promise<number> {
  const read = options(call);
  if (typeof read === 'number') return read;
  const { o, url } = read;
  const m = /^(?:(\w+):\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^:/?#]+)(?::(\d+))?([/?][^#]*)?/.exec(url);
  const scheme = m?.[1]?.toLowerCase() ?? 'http';
  const fail = (status: number, text: string): number => {
    if (!o.silent || o.showError) call.err(`curl: (${status}) ${text}\n`);
    return status;
  };
  if (!m) return fail(3, 'URL rejected: Malformed input to a URL function');
  if (scheme !== 'http' && scheme !== 'https') return fail(1, `Protocol "${scheme}" not supported`);
  const name = m[2].replace(/^\[|\]$/g, ''),
    port = m[3] === undefined ? (scheme === 'https' ? 443 : 80) : Number(m[3]);
  const to = resolveName(call, name);
  const meter = (text: string): void => {
    if (!o.silent && (!call.tty || o.output !== null)) call.err(text);
  };
  if (!to) return fail(6, `Could not resolve host: ${name}`);
  const settle = await settler(call);
  meter(`${METER}${IDLE}`);
  const r = await connectTo(call, settle, to, port, o.timeout);
  if ('error' in r) {
    meter(`${IDLE.replace('--:--:-- --:--:-- --:--:--', r.error === 'ETIMEDOUT' ? `--:--:--  ${clock(o.timeout)} --:--:--` : '--:--:-- --:--:-- --:--:--')}\n`);
    if (r.error === 'ETIMEDOUT' && o.timeout !== USUAL_TIMEOUT) return fail(28, `Connection timed out after ${Math.round(o.timeout * 1000)} milliseconds`);
    return fail(
      r.error === 'ETIMEDOUT' ? 28 : 7,
      `Failed to connect to ${name} port ${port} after ${r.error === 'ETIMEDOUT' ? o.timeout * 1000 : 0} ms: Could not connect to server`,
    );
  }
  const { sockets } = call.host.net.stack;
  if (scheme === 'https') {
    sockets.close(r.ok);
    settle();
    sockets.forget(r.ok);
    meter(`${IDLE}\n`);
    return fail(35, 'TLS connect error: the model speaks no TLS, but the connection was there');
  }
  sockets.write(
    r.ok,
    new TextEncoder().encode(`${o.head ? 'HEAD' : 'GET'} ${m[4] ?? '/'} HTTP/1.1\r\nHost: ${m[2]}${m[3] ? `:${m[3]}` : ''}\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n`),
  );
  settle();
  const answer = r.ok.inbox.map((b) => new TextDecoder().decode(b)).join('');
  sockets.close(r.ok);
  settle();
  sockets.forget(r.ok);
  if (!/^HTTP\//.test(answer)) {
    meter(`${IDLE}\n`);
    return answer === '' ? fail(52, 'Empty reply from server') : fail(1, 'Received HTTP/0.9 when not allowed');
  }
  const at = answer.indexOf('\r\n\r\n') + 4;
  const size = /content-length: (\d+)/i.exec(answer)?.[1] ?? String(answer.length - at);
  const body = o.head ? answer.slice(0, at) : answer.slice(at);
  meter(
    o.head
      ? `\r  0 ${size.padStart(5)}    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\n`
      : `\r100 ${size.padStart(5)}  100 ${size.padStart(5)}    0     0      0      0 --:--:-- --:--:-- --:--:--     0\n`,
  );
  if (o.output !== null) call.host.files.write(call.host.files.resolve(call.cwd, o.output), body);
  else call.out(body);
  return 0;
}

const clock = (s: number): string => `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, '0')}:${String(Math.floor(s) % 60).padStart(2, '0')}`;
