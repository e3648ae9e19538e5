import type { Call, Command } from '../command.ts';

/** stat -c FORMAT: mode, owner and size. Files of the kernel show size 0. */
function run(call: Call): number {
  const at = call.argv.findIndex((w) => w === '-c' || w.startsWith('--format='));
  if (at < 0) {
    call.err('stat: only -c FORMAT is understood here\n');
    return 1;
  }
  const own = call.argv[at] === '-c';
  const format = own ? (call.argv[at + 1] ?? '') : call.argv[at].slice('--format='.length);
  const words = call.argv.slice(1).filter((_, i) => i + 1 !== at && (!own || i + 1 !== at + 1));
  let status = 0;
  for (const word of words) {
    const { files } = call.host,
      path = files.resolve(call.cwd, word);
    const text = files.read(path),
      folder = files.list(path) !== undefined;
    if (text === undefined && !folder) {
      call.err(`stat: cannot statx '${word}': No such file or directory\n`);
      status = 1;
      continue;
    }
    const kernel = path.startsWith('/proc/') || path.startsWith('/sys/');
    const mode = files.mode?.(path) ?? (folder ? 0o755 : 0o644);
    const values: Readonly<Record<string, string>> = {
      a: mode.toString(8),
      U: 'root',
      G: 'root',
      u: '0',
      g: '0',
      n: word,
      s: String(kernel || folder ? 0 : new TextEncoder().encode(text).length),
      F: folder ? 'directory' : (text ?? '').length && !kernel ? 'regular file' : 'regular empty file',
      '%': '%',
    };
    call.out(`${format.replace(/%([aUGugnsF%])/g, (_, c: string) => values[c])}\n`);
  }
  return status;
}

export const commands: readonly Command[] = [{ names: ['stat'], coreutil: true, run }];
