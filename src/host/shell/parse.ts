/**
 * The small part of the shell language that one-line `sh -c` texts use: words with quotes and $NAME / $?, redirections,
 * pipes, `;`, `&&`, `||`, newlines and comments. Anything else is for a real shell: `parse` says so with null.
 */
export type Part = { readonly text: string } | { readonly variable: string; readonly quoted: boolean };
export interface Word {
  readonly parts: readonly Part[];
}
export interface Redirection {
  readonly fd: 0 | 1 | 2;
  readonly op: '<' | '>' | '>>' | '>&';
  readonly to: Word;
  readonly line: number;
}
export interface SimpleCommand {
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
  readonly line: number;
}
export interface Pipeline {
  readonly commands: readonly SimpleCommand[];
  readonly when: 'always' | 'success' | 'failure';
}

type Token = { readonly word: Word; readonly line: number } | { readonly op: string; readonly fd?: number; readonly line: number };

/** Words that begin what this parser does not know. */
const RESERVED = new Set([
  'if',
  'for',
  'while',
  'until',
  'case',
  'function',
  'select',
  '{',
  '}',
  '!',
  '[[',
  'time',
  'trap',
  'set',
  'export',
  'local',
  'eval',
  'exec',
  'source',
  '.',
  'read',
  'cd',
  'shift',
  'wait',
  'alias',
  'unset',
]);
const OPERATOR = /^(?:(\d?)(>>|>&|<(?![<&(])|>(?!\())|&&|\|\||[|;\n])/;

export function parse(text: string): readonly Pipeline[] | null {
  const tokens = lex(text);
  return tokens && group(tokens);
}

function lex(text: string): Token[] | null {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const rest = text.slice(at);
    const blank = /^(?:[ \t]+|\\\n|#[^\n]*)/.exec(rest);
    if (blank) {
      at += blank[0].length;
      if (blank[0] === '\\\n') line++;
      continue;
    }
    const op = OPERATOR.exec(rest);
    if (op) {
      tokens.push({ op: op[2] ?? op[0], fd: op[1] ? Number(op[1]) : undefined, line });
      if (op[0] === '\n') line++;
      at += op[0].length;
      continue;
    }
    const word = lexWord(rest);
    if (!word) return null;
    tokens.push({ word: word.word, line });
    at += word.length;
  }
  return tokens;
}

function lexWord(text: string): { word: Word; length: number } | null {
  const parts: Part[] = [];
  let at = 0;
  while (at < text.length && !/[\s;|&<>()]/.test(text[at])) {
    const rest = text.slice(at);
    const m = /^'([^']*)'/.exec(rest) ?? /^"((?:[^"\\$`]|\\.)*)"/.exec(rest) ?? /^\\([^\n])/.exec(rest) ?? /^([^\s;|&<>()'"\\$`*?[\]{}~]+)/.exec(rest);
    if (m) {
      const quoted = rest[0] === '"' ? m[1].replace(/\\([$`"\\])/g, '$1') : m[1];
      parts.push({ text: quoted });
      at += m[0].length;
      continue;
    }
    const variable = /^\$(\?|[A-Za-z_]\w*)/.exec(rest);
    if (!variable) return null;
    parts.push({ variable: variable[1], quoted: false });
    at += variable[0].length;
  }
  return at === 0 ? null : { word: { parts }, length: at };
}

function group(tokens: readonly Token[]): Pipeline[] | null {
  const pipelines: Pipeline[] = [];
  let when: Pipeline['when'] = 'always';
  let commands: SimpleCommand[] = [];
  let words: Word[] = [];
  let redirections: Redirection[] = [];
  const endCommand = (line: number): boolean => {
    if (words.length === 0) return false;
    commands.push({ words, redirections, line });
    words = [];
    redirections = [];
    return true;
  };
  const endPipeline = (line: number): boolean => {
    if (!endCommand(line)) return commands.length === 0 && redirections.length === 0 && when === 'always';
    pipelines.push({ commands, when });
    commands = [];
    return true;
  };
  for (let i = 0; i < tokens.length; i++) {
    const t = tokens[i];
    if ('word' in t) {
      const first = words.length === 0 && t.word.parts.length === 1 && 'text' in t.word.parts[0] ? t.word.parts[0].text : '';
      if (RESERVED.has(first) || (words.length === 0 && /^\w+=/.test(first))) return null;
      words.push(t.word);
    } else if (t.op === ';' || t.op === '\n') {
      if (!endPipeline(t.line)) return null;
      when = 'always';
    } else if (t.op === '&&' || t.op === '||') {
      if (words.length === 0 || !endPipeline(t.line)) return null;
      when = t.op === '&&' ? 'success' : 'failure';
    } else if (t.op === '|') {
      if (!endCommand(t.line)) return null;
    } else {
      const to = tokens[++i];
      if (!to || !('word' in to)) return null;
      const fd = t.fd ?? (t.op === '<' ? 0 : 1);
      if (fd !== 0 && fd !== 1 && fd !== 2) return null;
      redirections.push({ fd, op: t.op as Redirection['op'], to: to.word, line: t.line });
    }
  }
  if (commands.length > 0 && words.length === 0) return null;
  return endPipeline(tokens.at(-1)?.line ?? 1) ? pipelines : null;
}
