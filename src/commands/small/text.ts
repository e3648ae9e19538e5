import type { Call, Command } from '../command.ts';
import { readInputs } from './_inputs.ts';

/** Options with a value, attached or next, and plain words. */
function split(argv: readonly string[], valued: string): { readonly options: Map<string, string>; readonly words: string[] } {
  const options = new Map<string, string>(),
    words: string[] = [];
  for (let i = 1; i < argv.length; i++) {
    const w = argv[i];
    if (w === '-' || w[0] !== '-') {
      words.push(w);
      continue;
    }
    if (/^-\d+$/.test(w)) {
      options.set('n', w.slice(1));
      continue;
    }
    for (let k = 1; k < w.length; k++) {
      if (!valued.includes(w[k])) {
        options.set(w[k], '');
        continue;
      }
      options.set(w[k], w.slice(k + 1) || argv[++i] || '');
      break;
    }
  }
  return { options, words };
}

const linesOf = (text: string): string[] => text.split(/(?<=\n)/);

function wc(call: Call): number {
  const { options, words } = split(call.argv, '');
  const { texts, status } = readInputs(call, words);
  const which = ['l', 'w', 'c'].filter((o) => options.size === 0 || options.has(o));
  const counts = texts.map(({ text }) =>
    which.map((o) => (o === 'l' ? text.split('\n').length - 1 : o === 'w' ? text.split(/\s+/).filter((x) => x !== '').length : new TextEncoder().encode(text).length)),
  );
  const total = which.map((_, i) => counts.reduce((a, c) => a + c[i], 0));
  const rows = texts.map((t, i) => [counts[i], words.length ? t.name : ''] as const);
  if (texts.length > 1) rows.push([total, 'total']);
  const width = rows.length > 1 || which.length > 1 ? Math.max(...total.map((n) => String(n).length), words.length ? 1 : 7) : 1;
  for (const [ns, name] of rows) call.out(`${ns.map((n) => String(n).padStart(width)).join(' ')}${name ? ` ${name}` : ''}\n`);
  return status;
}

function headTail(call: Call): number {
  const { options, words } = split(call.argv, 'nc');
  const { texts, status } = readInputs(call, words);
  const count = options.get('n') ?? '10';
  const n = Math.abs(Number(count));
  for (const [i, { name, text }] of texts.entries()) {
    const lines = linesOf(text).filter((l) => l !== '');
    if (texts.length > 1) call.out(`${i ? '\n' : ''}==> ${name} <==\n`);
    if (call.argv[0] === 'head') call.out((count.startsWith('-') ? lines.slice(0, Math.max(0, lines.length - n)) : lines.slice(0, n)).join(''));
    else call.out((count.startsWith('+') ? lines.slice(n - 1) : n === 0 ? [] : lines.slice(-n)).join(''));
  }
  return status;
}

/** LIST of cut: `1`, `1-3`, `-3`, `3-`, with commas. */
const inList = (list: string) => {
  const ranges = list.split(',').map((r) => {
    const m = /^(\d*)(-?)(\d*)$/.exec(r);
    const from = Number(m?.[1] || 1);
    return [from, m?.[2] ? Number(m[3] || Number.POSITIVE_INFINITY) : from] as const;
  });
  return (n: number): boolean => ranges.some(([a, b]) => n >= a && n <= b);
};

function cut(call: Call): number {
  const { options, words } = split(call.argv, 'dfcb');
  const { texts, status } = readInputs(call, words);
  const chars = options.get('c') ?? options.get('b');
  const delimiter = options.get('d') ?? '\t';
  const wanted = inList(chars ?? options.get('f') ?? '1');
  for (const { text } of texts)
    for (const line of linesOf(text).filter((l) => l !== '')) {
      const body = line.replace(/\n$/, '');
      if (chars !== undefined) call.out(`${[...body].filter((_, i) => wanted(i + 1)).join('')}\n`);
      else if (!body.includes(delimiter)) {
        if (!options.has('s')) call.out(`${body}\n`);
      } else
        call.out(
          `${body
            .split(delimiter)
            .filter((_, i) => wanted(i + 1))
            .join(delimiter)}\n`,
        );
    }
  return status;
}

function tee(call: Call): number {
  const append = call.argv.includes('-a');
  let status = 0;
  for (const word of call.argv.slice(1).filter((w) => w[0] !== '-')) {
    const { files } = call.host,
      path = files.resolve(call.cwd, word);
    const errno = files.writable?.(path) === false ? 'EACCES' : files.write(path, call.stdin, append);
    if (errno) {
      call.err(
        `tee: ${word}: ${errno === 'EINVAL' ? 'Invalid argument' : errno === 'EACCES' ? 'Permission denied' : errno === 'EISDIR' ? 'Is a directory' : 'No such file or directory'}\n`,
      );
      status = 1;
    }
  }
  call.out(call.stdin);
  return status;
}

export const commands: readonly Command[] = [
  { names: ['wc'], coreutil: true, run: wc },
  { names: ['head', 'tail'], coreutil: true, run: headTail },
  { names: ['cut'], coreutil: true, run: cut },
  { names: ['tee'], coreutil: true, run: tee },
];
