import type { Call, Command } from '../command.ts';

const modeText = (mode: number, folder: boolean): string =>
  (folder ? 'd' : '-') + ['r', 'w', 'x', 'r', 'w', 'x', 'r', 'w', 'x'].map((c, i) => (mode & (1 << (8 - i)) ? c : '-')).join('');

/** ls: names, or with -l a line each. */
function run(call: Call): number {
  const options = call.argv
    .slice(1)
    .filter((w) => w[0] === '-' && w !== '-')
    .join('');
  const words = call.argv.slice(1).filter((w) => w[0] !== '-');
  const { files } = call.host;
  let status = 0;
  const row = (path: string, name: string): string => {
    if (!options.includes('l')) return `${name}\n`;
    const folder = files.list(path) !== undefined;
    return `${modeText(files.mode?.(path) ?? (folder ? 0o555 : 0o644), folder)} ${folder ? 2 : 1} root root ${path.startsWith('/proc/') || folder ? 0 : (files.read(path) ?? '').length} Jan  1 00:00 ${name}\n`;
  };
  for (const [i, word] of (words.length ? words : ['.']).entries()) {
    const path = files.resolve(call.cwd, word);
    const names = options.includes('d') ? undefined : files.list(path);
    if (names) {
      if (words.length > 1) call.out(`${i ? '\n' : ''}${word}:\n`);
      if (options.includes('l')) call.out('total 0\n');
      for (const n of names) call.out(row(`${path === '/' ? '' : path}/${n}`, n));
    } else if (files.read(path) !== undefined || files.list(path)) call.out(row(path, word));
    else {
      call.err(`ls: cannot access '${word}': No such file or directory\n`);
      status = 2;
    }
  }
  return status;
}

export const commands: readonly Command[] = [{ names: ['ls'], coreutil: true, run }];
