import { parseRestoreLine } from '../../parsers/xtables/restore-line.ts';
import { restoreWords } from '../../parsers/xtables/words.ts';
import type { Call } from '../command.ts';
import { Getopt } from '../getopt.ts';
import type { LongOption } from '../getopt.ts';
import { VERSION } from './run.ts';

/** iptables-xml (iptables/iptables-xml.c): iptables-save's format as XML, word by word; it knows no extension. */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const bytesOf = (s: string): string => Array.from(new TextEncoder().encode(s), (b) => `&#${b};`).join('');
const escaped = (s: string): string => s.replace(/[&<>"]|[^\0-\x7f]+/g, (c) => ENTITIES[c] ?? bytesOf(c));

interface Chain {
  readonly name: string;
  readonly policy: string | null;
  readonly packets: string;
  readonly bytes: string;
  opened: boolean;
}

interface Word {
  readonly text: string;
  readonly quoted: boolean;
}

const STANDARD = new Set(['ACCEPT', 'DROP', 'RETURN', 'QUEUE']);

class Failure extends Error {
  readonly status: number;
  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** xtables_error(PARAMETER_PROBLEM, …) of a tool that says nothing of its variant. */
const problem = (line: number, what: string): Failure =>
  new Failure(`iptables-xml v${VERSION}: ${what}\nError occurred at line: ${line}\nTry \`iptables-xml -h' or 'iptables-xml --help' for more information.\n`, 2);

/** In a comment each `-` gets a star, and every second one a blank before it. */
function commented(line: string): string {
  let second = true;
  return line.replace(/-/g, () => {
    second = !second;
    return second ? ' *-' : '*-';
  });
}

class Writer {
  private readonly out: (s: string) => void;
  private readonly combine: boolean;
  private chains: Chain[] = [];
  private chain: string | null = null;
  private table = false;
  private rule = false;
  private before: { readonly conditions: string; readonly target: string | null } | null = null;

  constructor(out: (s: string) => void, combine: boolean) {
    this.out = out;
    this.combine = combine;
  }

  get inTable(): boolean {
    return this.table;
  }

  openTable(name: string): void {
    this.out(`  <table name="${escaped(name)}" >\n`);
    this.table = true;
    this.chains = [];
  }

  closeTable(): void {
    this.closeChain();
    for (const c of this.chains.filter((x) => !x.opened)) this.out(`    <chain${this.attributes(c)} />\n`);
    this.out('  </table>\n');
    this.table = false;
  }

  addChain(name: string, policy: string | null, packets: string, bytes: string): void {
    this.chains.push({ name, policy, packets, bytes, opened: false });
  }

  private attributes(c: Chain): string {
    return ` name="${escaped(c.name)}"${c.policy === null || c.policy === '-' ? '' : ` policy="${escaped(c.policy)}"`} packet-count="${c.packets}" byte-count="${c.bytes}"`;
  }

  private openChain(name: string): void {
    if (this.chain === name) return;
    // A name that was given twice is opened twice.
    for (const c of this.chains.filter((x) => x.name === name)) {
      this.closeChain();
      c.opened = true;
      this.out(`    <chain${this.attributes(c)} >\n`);
      this.chain = name;
    }
  }

  private closeRule(): void {
    if (!this.rule) return;
    this.out('       </actions>\n\n      </rule>\n\n');
    this.rule = false;
  }

  private closeChain(): void {
    if (this.chain === null) return;
    this.closeRule();
    this.out('    </chain>\n');
    this.chain = null;
    this.before = null;
  }

  addRule(chain: string, words: readonly Word[], counters: readonly [string, string] | null): void {
    const at = words.findIndex(isTarget);
    const conditions = at < 0 ? words : words.slice(0, at);
    const key = conditions.map((w) => w.text).join(' ');
    const target = at < 0 ? null : (words[at + 1]?.text ?? null);
    const again =
      this.combine &&
      this.chain === chain &&
      key !== '' &&
      this.before !== null &&
      this.before.conditions === key &&
      this.before.target !== null &&
      !STANDARD.has(this.before.target);
    if (again) this.out('<!-- Combine action from next rule -->\n');
    else {
      this.openChain(chain);
      this.closeRule();
      this.out(counters ? `      <rule packet-count="${counters[0]}" byte-count="${counters[1]}" >\n` : '      <rule >\n');
      if (conditions.length) this.out(`       <conditions>\n${elements(words.slice(0, at < 0 ? words.length : at + 1), this.isChain, true)}       </conditions>\n`);
      this.out('       <actions>\n');
      this.rule = true;
    }
    if (at >= 0) this.out(elements(words.slice(at), this.isChain));
    this.before = { conditions: key, target };
  }

  private readonly isChain = (name: string): boolean => this.chains.some((c) => c.name === name);
}

const isTarget = (w: Word): boolean => !w.quoted && /^(-j|--jump|-g|--goto)$/.test(w.text);
const opensElement = (w: Word): boolean => isTarget(w) || (!w.quoted && (w.text === '-m' || w.text === '--module'));

/** Two levels of elements as they are opened and closed: an extension's or `match`, and in it an option's with its values. */
class Elements {
  out = '';
  private outer: string | null = null;
  private inner: string | null = null;
  private gap = '';
  private invert = false;

  private closeInner(): void {
    if (this.inner !== null) this.out += `</${this.inner}>\n`;
    this.inner = null;
    this.gap = '';
  }

  close(): void {
    this.closeInner();
    if (this.outer !== null) this.out += `        </${this.outer}>\n`;
    this.outer = null;
  }

  extension(name: string, empty: boolean): void {
    this.close();
    this.invert = false;
    this.out += `        <${name} ${empty ? ' />' : '>'}\n`;
    this.outer = empty ? null : name;
  }

  chain(how: string, name: string): void {
    this.extension(how, false);
    this.out += `          <${name} />\n`;
    this.gap = '';
  }

  option(text: string, empty: boolean): void {
    this.closeInner();
    const name = text.replace(/^-+/, '');
    this.out += `          <${name} ${this.invert ? ' invert="1"' : ''}${empty ? ' />\n' : '>'}`;
    this.invert = false;
    this.inner = empty ? null : name;
  }

  not(followed: boolean): void {
    if (followed) this.invert = true;
    else this.out += `${this.gap}!`;
    this.gap = ' ';
  }

  value(w: Word): void {
    const quote = w.quoted || w.text.includes(' ') ? '&quot;' : '';
    this.out += this.gap + quote + escaped(w.text) + quote;
    this.gap = ' ';
  }
}

/** iptables-xml.c: do_rule_part; conditions end before the target. */
function elements(words: readonly Word[], isChain: (name: string) => boolean, conditions = false): string {
  const e = new Elements();
  const first = words[words[0]?.text === '!' ? 1 : 0];
  if (first?.text.startsWith('-') && !isTarget(first) && first.text !== '-m') e.extension('match', false);
  for (let i = 0; i < words.length; i++) {
    const w = words[i];
    const next = words[i + 1];
    if (conditions && isTarget(w)) break;
    if (w.quoted) e.value(w);
    else if (w.text === '!') e.not(next?.text.startsWith('-') ?? false);
    else if (opensElement(w)) {
      if (!next) break;
      i++;
      if (isTarget(w) && isChain(next.text)) e.chain(w.text.includes('g') ? 'goto' : 'call', next.text);
      else e.extension(next.text, i + 1 >= words.length || opensElement(words[i + 1]));
    } else if (w.text.startsWith('-')) e.option(w.text, next === undefined || next.text.startsWith('-'));
    else e.value(w);
  }
  e.close();
  return e.out;
}

/** Words of a line, and which were quoted, if only in part: those keep their quotes. A closing quote ends a word; one that stays open takes the line's end along. */
function wordsOf(line: string): Word[] {
  const plain = restoreWords(`${line}\n`);
  let at = 0;
  return plain.map((text) => {
    while (line[at] === ' ' || line[at] === '\t') at++;
    let open = false;
    let quoted = false;
    for (; at < line.length && !quoted; at++) {
      const c = line[at];
      if (open && c === '\\') at++;
      else if (c === '"') {
        quoted = open;
        open = true;
      } else if (!open && (c === ' ' || c === '\t')) break;
    }
    return { text, quoted };
  });
}

function read(text: string, w: Writer, verbose: boolean, out: (s: string) => void): void {
  let n = 0;
  let last = { packets: 0n, bytes: 0n };
  const lines = text.split('\n');
  const whole = lines.at(-1) === '' ? lines.pop() === '' : false;
  for (const line of lines) {
    n++;
    if (line === '') continue;
    if (verbose && line[0] !== '#') out(`<!-- line ${n} ${commented(line)} -->\n`);
    if (line[0] === '#') {
      out(`<!-- ${commented(line)} -->\n`);
      continue;
    }
    if (line === 'COMMIT' && w.inTable && (whole || n < lines.length)) {
      w.closeTable();
      continue;
    }
    if (line[0] === '*') {
      const t = parseRestoreLine(line);
      if (t.name === null) throw problem(n, `iptables-xml: line ${n} table name invalid`);
      if (w.inTable) w.closeTable();
      w.openTable(t.name);
      continue;
    }
    if (line[0] === ':' && w.inTable) {
      const c = parseRestoreLine(line);
      if (c.kind !== 'chain' || c.name === null) throw problem(n, `iptables-xml: line ${n} chain name invalid`);
      if (c.policy === null) throw problem(n, `iptables-xml: line ${n} policy invalid`);
      // Where there are none, those of the last chain that had some.
      if (c.counters !== null && c.counters !== 'invalid') last = c.counters;
      w.addChain(c.name, c.policy, String(last.packets), String(last.bytes));
      continue;
    }
    if (!w.inTable) throw new Failure(`iptables-xml: line ${n} failed\n`);
    const m = /^\[([^:\]]*):([^\]]*)\]/.exec(line);
    if (line[0] === '[' && !m) throw problem(n, `Bad line ${n}: need ]`);
    const words = wordsOf(m ? line.slice(m[0].length).trimStart() : line);
    const chain = words[words.findIndex((x) => x.text === '-A') + 1];
    if (!words.some((x) => x.text === '-A') || chain === undefined) throw new Failure(`iptables-xml: line ${n} failed - no chain found\n`);
    w.addRule(chain.text, words.slice(2), m ? [m[1], m[2]] : null);
  }
  if (w.inTable) throw new Failure(`iptables-xml: COMMIT expected at line ${n + 1}\n`);
}

const USAGE = 'Usage: iptables-xml [-c] [-v] [-h]\n          [--combine ]\n\t   [ --verbose ]\n\t   [ --help ]\n';

const LONG: readonly LongOption[] = [
  { name: 'verbose', arg: 'no', val: 'v' },
  { name: 'combine', arg: 'no', val: 'c' },
  { name: 'help', arg: 'no', val: 'h' },
];

export function runXml(call: Call): number {
  let combine = false;
  let verbose = false;
  const getopt = new Getopt(call.argv, 'cvh');
  for (let item = getopt.next(LONG); item; item = getopt.next(LONG)) {
    if (item.kind !== 'option') call.err(`${call.argv[0]}: ${item.message}\n`);
    else if (item.val === 'c') combine = true;
    else if (item.val === 'v') {
      verbose = true;
      call.out('xptables-xml\n');
    } else {
      call.err(USAGE);
      return 1;
    }
  }
  const files = getopt.argv.slice(getopt.optind);
  if (files.length > 1) {
    call.err('Unknown arguments found on commandline');
    return 1;
  }
  const file = files[0] ?? null;
  const text = file === null ? call.stdin : call.host.files.read(call.host.files.resolve(call.cwd, file));
  if (text === undefined) {
    call.err(`Can't open ${file}: No such file or directory`);
    return 1;
  }
  call.out('<iptables-rules version="1.0">\n');
  try {
    read(text, new Writer(call.out, combine), verbose, call.out);
  } catch (e) {
    if (!(e instanceof Failure)) throw e;
    call.err(e.message);
    return e.status;
  }
  call.out('</iptables-rules>\n');
  return 0;
}
