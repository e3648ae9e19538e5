import { parseRestoreLine } from '../../parsers/xtables/restore-line.ts';
import { restoreWords } from '../../parsers/xtables/words.ts';
import type { Call } from '../command.ts';
import { Getopt } from '../getopt.ts';
import type { LongOption } from '../getopt.ts';

/** iptables-xml (iptables/iptables-xml.c): iptables-save's format as XML, word by word; it knows no extension. */

const escaped = (s: string): string => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

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

class Failure extends Error {}

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
    if (!this.chains.some((c) => c.name === name)) this.chains.push({ name, policy, packets, bytes, opened: false });
  }

  private attributes(c: Chain): string {
    return ` name="${escaped(c.name)}"${c.policy === null || c.policy === '-' ? '' : ` policy="${escaped(c.policy)}"`} packet-count="${c.packets}" byte-count="${c.bytes}"`;
  }

  private openChain(name: string): void {
    if (this.chain === name) return;
    this.closeChain();
    const c = this.chains.find((x) => x.name === name);
    if (c) c.opened = true;
    this.out(c ? `    <chain${this.attributes(c)} >\n` : `    <chain name="${escaped(name)}" >\n`);
    this.chain = name;
  }

  private closeRule(): void {
    if (!this.rule) return;
    this.out('       </actions>\n\n      </rule>\n\n');
    this.rule = false;
  }

  private closeChain(): void {
    this.closeRule();
    if (this.chain !== null) this.out('    </chain>\n');
    this.chain = null;
    this.before = null;
  }

  addRule(chain: string, words: readonly Word[], counters: readonly [string, string] | null): void {
    const at = words.findIndex((w) => ['-j', '--jump', '-g', '--goto'].includes(w.text) && !w.quoted);
    const conditions = at < 0 ? words : words.slice(0, at);
    const key = conditions.map((w) => w.text).join(' ');
    const target = at < 0 ? null : (words[at + 1]?.text ?? null);
    const again =
      this.combine && this.chain === chain && this.before !== null && this.before.conditions === key && this.before.target !== null && !STANDARD.has(this.before.target);
    if (again) this.out('<!-- Combine action from next rule -->\n');
    else {
      this.closeRule();
      this.openChain(chain);
      this.out(counters ? `      <rule packet-count="${counters[0]}" byte-count="${counters[1]}" >\n` : '      <rule >\n');
      if (conditions.length) this.out(`       <conditions>\n${this.elements(conditions)}       </conditions>\n`);
      this.out('       <actions>\n');
      this.rule = true;
    }
    if (target !== null) this.out(this.action(words[at].text.replace(/^-+/, ''), target, words.slice(at + 2)));
    this.before = { conditions: key, target };
  }

  /** Options, in an element for each match; what stands before the first is `match`. */
  private elements(words: readonly Word[]): string {
    let out = '';
    let open: string | null = null;
    let i = 0;
    while (i < words.length) {
      if (words[i].text === '-m' || words[i].text === '--match') {
        if (open) out += `        </${open}>\n`;
        open = words[i + 1]?.text ?? 'match';
        out += `        <${open} >\n`;
        i += 2;
        continue;
      }
      if (!open) {
        open = 'match';
        out += '        <match >\n';
      }
      const [text, used] = option(words, i);
      out += text;
      i += used;
    }
    return open ? `${out}        </${open}>\n` : out;
  }

  private action(how: string, target: string, rest: readonly Word[]): string {
    if (how === 'g' || how === 'goto' || this.chains.some((c) => c.name === target)) {
      const word = how.startsWith('g') ? 'goto' : 'call';
      return `        <${word} >\n          <${target} />\n        </${word}>\n`;
    }
    if (rest.length === 0) return `        <${target}  />\n`;
    let out = `        <${target} >\n`;
    for (let i = 0; i < rest.length; ) {
      const [text, used] = option(rest, i);
      out += text;
      i += used;
    }
    return `${out}        </${target}>\n`;
  }
}

/** One option with its values; how many words it took. */
function option(words: readonly Word[], at: number): [string, number] {
  let i = at;
  const inverted = words[i].text === '!' && !words[i].quoted;
  if (inverted) i++;
  const name = (words[i]?.text ?? '').replace(/^-+/, '');
  i++;
  const values: string[] = [];
  while (i < words.length && (words[i].quoted || !(words[i].text.startsWith('-') || words[i].text === '!'))) {
    values.push(words[i].quoted && !/^[-\w]+$/.test(words[i].text) ? `"${words[i].text}"` : words[i].text);
    i++;
  }
  const invert = inverted ? '  invert="1"' : ' ';
  return [values.length ? `          <${name}${invert}>${escaped(values.join(' '))}</${name}>\n` : `          <${name}${inverted ? invert : ' '} />\n`, i - at];
}

/** Words of a line, and which were quoted: those keep their quotes. */
function wordsOf(line: string): Word[] {
  const plain = restoreWords(line);
  let at = 0;
  return plain.map((text) => {
    while (line[at] === ' ' || line[at] === '\t') at++;
    const quoted = line[at] === '"';
    let i = at + (quoted ? 1 : 0);
    while (i < line.length && (quoted ? line[i] !== '"' || line[i - 1] === '\\' : line[i] !== ' ' && line[i] !== '\t')) i++;
    at = i + (quoted ? 1 : 0);
    return { text, quoted };
  });
}

function read(text: string, w: Writer, out: (s: string) => void): void {
  let n = 0;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    n++;
    if (line === '') continue;
    if (line[0] === '#') {
      out(`<!-- ${line} -->\n`);
      continue;
    }
    if (line === 'COMMIT' && w.inTable) {
      w.closeTable();
      continue;
    }
    if (line[0] === '*' && !w.inTable) {
      const t = parseRestoreLine(line);
      if (t.name === null) throw new Failure(`iptables-xml: line ${n} table name invalid\n`);
      w.openTable(t.name);
      continue;
    }
    if (line[0] === ':' && w.inTable) {
      const c = parseRestoreLine(line);
      if (c.kind !== 'chain' || c.name === null) throw new Failure(`iptables-xml: line ${n} chain name invalid\n`);
      if (c.policy === null) throw new Failure(`iptables-xml: line ${n} policy invalid\n`);
      const k = c.counters === null || c.counters === 'invalid' ? { packets: 0n, bytes: 0n } : c.counters;
      w.addChain(c.name, c.policy, String(k.packets), String(k.bytes));
      continue;
    }
    if (!w.inTable) throw new Failure(`iptables-xml: line ${n} failed\n`);
    const m = /^\[(\d+):(\d+)\]/.exec(line);
    const words = wordsOf(m ? line.slice(m[0].length).trimStart() : line);
    if ((words[0]?.text !== '-A' && words[0]?.text !== '--append') || words[1] === undefined) throw new Failure(`iptables-xml: line ${n} failed - no chain found\n`);
    w.addRule(words[1].text, words.slice(2), m ? [m[1], m[2]] : null);
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
  const getopt = new Getopt(call.argv, 'cvh');
  for (let item = getopt.next(LONG); item; item = getopt.next(LONG)) {
    if (item.kind !== 'option') call.err(`${call.argv[0]}: ${item.message}\n`);
    else if (item.val === 'c') combine = true;
    else if (item.val === 'v') call.out('xptables-xml\n');
    else {
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
    read(text, new Writer(call.out, combine), call.out);
  } catch (e) {
    if (!(e instanceof Failure)) throw e;
    call.err(e.message);
    return 1;
  }
  call.out('</iptables-rules>\n');
  return 0;
}
