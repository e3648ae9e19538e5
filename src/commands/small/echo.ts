import type { Call, Command } from '../command.ts';

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', a: '\x07', b: '\b', f: '\f', v: '\v', e: '\x1b' };
const unescaped = (text: string): string =>
  text.replace(/\\(0[0-7]{1,3}|x[0-9a-fA-F]{1,2}|[ntr\\abfve])/g, (_, s: string) =>
    s[0] === '0' ? String.fromCharCode(Number.parseInt(s, 8)) : s[0] === 'x' ? String.fromCharCode(Number.parseInt(s.slice(1), 16)) : ESCAPES[s],
  );

function echo(call: Call): number {
  const words = call.argv.slice(1);
  let newline = true,
    escapes = false;
  while (words.length && /^-[neE]+$/.test(words[0]))
    for (const c of words.shift()?.slice(1) ?? '') {
      if (c === 'n') newline = false;
      else escapes = c === 'e';
    }
  const text = words.join(' ');
  call.out((escapes ? unescaped(text) : text) + (newline ? '\n' : ''));
  return 0;
}

/** printf(1): the format again and again while words are left. */
function printf(call: Call): number {
  const [format, ...words] = call.argv.slice(call.argv[1] === '--' ? 2 : 1);
  if (format === undefined) {
    call.err('printf: usage: printf [-v var] format [arguments]\n');
    return 2;
  }
  let next = 0;
  do {
    const used = next;
    call.out(
      unescaped(format).replace(/%(%|[-0 +#]*\d*(?:\.\d+)?[sdiuxXob])/g, (whole, spec: string) => {
        if (spec === '%') return '%';
        const word = words[next++] ?? '';
        const kind = spec.at(-1);
        const m = /^([-0]*)(\d*)/.exec(spec);
        const text =
          kind === 's'
            ? word
            : kind === 'b'
              ? unescaped(word)
              : kind === 'x'
                ? Number(word || 0).toString(16)
                : kind === 'X'
                  ? Number(word || 0)
                      .toString(16)
                      .toUpperCase()
                  : kind === 'o'
                    ? Number(word || 0).toString(8)
                    : String(Math.trunc(Number(word || 0)));
        const width = Number(m?.[2] ?? 0);
        void whole;
        return m?.[1].includes('-') ? text.padEnd(width) : text.padStart(width, m?.[1].includes('0') && kind !== 's' ? '0' : ' ');
      }),
    );
    if (next === used) break;
  } while (next < words.length);
  return 0;
}

export const commands: readonly Command[] = [
  { names: ['echo'], coreutil: true, run: echo },
  { names: ['printf'], coreutil: true, run: printf },
  { names: ['true', ':'], coreutil: true, run: () => 0 },
  { names: ['false'], coreutil: true, run: () => 1 },
];
