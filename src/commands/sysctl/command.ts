import { strerror } from '../../kernel/errno.ts';
import type { Errno } from '../../kernel/errno.ts';
import type { Call, Command } from '../command.ts';
import { Getopt } from '../getopt.ts';
import type { LongOption } from '../getopt.ts';
import { globPattern, posixExtended } from './regex.ts';
import { USAGE } from './usage.ts';

const ROOT = '/proc/sys/';
const SHORT = 'bneNwfp::qoxaAXVdhr:';
const no = (name: string, val: string): LongOption => ({ name, arg: 'no', val });
const LONG: readonly LongOption[] = [
  no('all', 'a'),
  no('deprecated', 'deprecated'),
  no('dry-run', 'dry-run'),
  no('binary', 'b'),
  no('ignore', 'e'),
  no('names', 'N'),
  no('values', 'n'),
  { name: 'load', arg: 'optional', val: 'p' },
  no('quiet', 'q'),
  no('write', 'w'),
  no('system', 'system'),
  { name: 'pattern', arg: 'required', val: 'r' },
  no('help', 'h'),
  no('version', 'V'),
];

interface Flags {
  names: boolean;
  values: boolean;
  newline: boolean;
  quiet: boolean;
  ignore: boolean;
  dry: boolean;
  deprecated: boolean;
  pattern: RegExp | null | undefined;
}

/** A line `key = value` of a file or of the command line. */
interface Setting {
  readonly path: string;
  readonly value: string | null;
  readonly exclude: boolean;
}

/** procps-ng 4.0.4. */
class Tool {
  readonly call: Call;
  readonly flags: Flags = { names: false, values: false, newline: true, quiet: false, ignore: false, dry: false, deprecated: false, pattern: undefined };
  /** Failed reads are counted, failed writes only noted. */
  status = 0;

  constructor(call: Call) {
    this.call = call;
  }

  get sysctl() {
    return this.call.host.net.sysctl;
  }
  warn(text: string): void {
    this.call.err(`sysctl: ${text}\n`);
  }

  /** slashdot: swaps `.` and `/`, unless the first separator is the wanted one already. */
  swap(name: string, from: string, to: string): string {
    const at = name.search(/[/.]/);
    if (at < 0 || name[at] === to) return name;
    let warned = false,
      out = name.slice(0, at);
    for (let i = at; i < name.length; i++) {
      const c = name[i];
      if (c !== '/' && c !== '.') {
        out += c;
        continue;
      }
      if (!warned && (name[i + 1] === '/' || name[i + 1] === '.')) {
        this.warn(`separators should not be repeated: ${name.slice(i)}`);
        warned = true;
      }
      out += c === from ? to : c === to ? from : c;
    }
    return out;
  }

  /** stat(2) of a path below /proc/sys/: null where there is something. */
  missing(path: string): Errno | null {
    const at = clean(path);
    if (this.sysctl.exists(at)) return path.endsWith('/') ? 'ENOTDIR' : null;
    if (this.sysctl.list(at) !== undefined) return null;
    for (let end = at.lastIndexOf('/'); end > 0; end = at.lastIndexOf('/', end - 1)) if (this.sysctl.exists(at.slice(0, end))) return 'ENOTDIR';
    return 'ENOENT';
  }

  /** ReadSetting */
  read(name: string): void {
    if (name === '') {
      this.warn('"" is an unknown key');
      this.status = -1;
      return;
    }
    const out = this.swap(name, '/', '.');
    const path = clean(this.swap(name, '.', '/'));
    const raw = this.rawPath(name);
    if (path === '') {
      this.warn(`Path is not under ${ROOT}: ${ROOT}${raw}`);
      this.status = -1;
      return;
    }
    const missing = this.missing(raw);
    if (missing) {
      if (!this.flags.ignore) {
        this.warn(`cannot stat ${ROOT}${raw}: ${strerror(missing)}`);
        this.status++;
      }
      return;
    }
    if (!this.sysctl.exists(path)) {
      const { status } = this;
      this.display(path, raw);
      this.status = status;
      return;
    }
    if (!this.selected(out)) return;
    const value = this.flags.names ? '' : this.sysctl.read(path);
    // What cannot be read is passed over without a word.
    if (value === undefined) this.status = 1;
    else this.print(out, value);
  }

  rawPath(name: string): string {
    const at = name.search(/[/.]/);
    return at < 0 || name[at] === '/' ? name : name.replace(/[/.]/g, (c) => (c === '.' ? '/' : '.'));
  }

  selected(name: string): boolean {
    return this.flags.pattern === undefined || this.flags.pattern?.test(name) === true;
  }

  print(name: string, value: string): void {
    const { names, values, newline } = this.flags;
    if (names) {
      this.call.out(`${name}\n`);
      return;
    }
    for (const line of value.split('\n')) {
      this.call.out(`${values ? '' : `${name} = `}${line}${newline ? '\n' : ''}`);
    }
  }

  /** DisplayAll: everything below a folder, as its names come. */
  display(path: string, shown: string): void {
    for (const name of this.sysctl.list(path) ?? []) {
      const below = path === '' ? name : `${path}/${name}`,
        word = shown === '' ? name : `${shown}/${name}`;
      if (!this.sysctl.exists(below)) this.display(below, word);
      else if (this.flags.deprecated || !this.sysctl.deprecated(below)) this.read(word);
    }
  }

  /** parse_setting_line */
  parse(file: string, number: number, text: string): Setting | null {
    let key = text.replace(/^\s+/, '');
    const ignore = key.startsWith('-');
    if (ignore) key = key.slice(1);
    const eq = key.indexOf('=');
    if (eq < 0 && !ignore) {
      this.warn(`${file}(${number}): invalid syntax, continuing...`);
      return null;
    }
    const value =
      eq < 0
        ? null
        : key
            .slice(eq + 1)
            .replace(/^\s+/, '')
            .replace(/\s+$/, '');
    const name = (eq < 0 ? key : key.slice(0, eq)).replace(/\s+$/, '');
    return { path: this.swap(name, '.', '/'), value, exclude: ignore && eq < 0 };
  }

  /** write_setting */
  write(path: string, value: string): void {
    const at = clean(path);
    if (at === '') {
      this.warn(`Path is not under ${ROOT}: ${ROOT}${path}`);
      this.status |= 1;
      return;
    }
    const missing = this.missing(path);
    if (missing) {
      if (!this.flags.ignore) {
        this.warn(`cannot stat ${ROOT}${path}: ${strerror(missing)}`);
        this.status |= 1;
      }
      return;
    }
    const key = this.swap(path, '/', '.');
    const setting = (errno: Errno): void => this.warn(`setting key "${key}": ${strerror(errno)}`);
    // Not writable for anybody, as folders: said, but not counted as a failure.
    if (!this.sysctl.exists(at) || !this.sysctl.writable(at)) {
      setting('EPERM');
      return;
    }
    const errno = this.flags.dry ? null : this.sysctl.write(at, `${value}\n`);
    if (errno) {
      setting(errno);
      this.status |= 1;
      return;
    }
    if (this.flags.quiet && !this.flags.dry) return;
    if (this.flags.names) this.call.out(`${key}\n`);
    else this.call.out(`${this.flags.values ? '' : `${key} = `}${value}${this.flags.newline ? '\n' : ''}`);
  }

  /** Preload of one file: its settings; false: it cannot be opened. */
  load(file: string): Setting[] | null {
    const { host, cwd } = this.call;
    const path = host.files.resolve(cwd, file);
    // A folder can be opened; it has no line.
    const text = file === '-' || path === '/dev/stdin' ? this.call.stdin : (host.files.read(path) ?? (path === '/' || host.files.list(path) ? '' : undefined));
    if (text === undefined) {
      this.warn(`cannot open "${file}": No such file or directory`);
      return null;
    }
    const out: Setting[] = [];
    for (const [i, line] of text.split('\n').entries()) {
      const t = line.replace(/^\s+/, '');
      if (t === '' || t[0] === '#' || t[0] === ';') continue;
      const setting = this.parse(file, i + 1, line);
      if (setting && this.selected(dotted(setting.path))) out.push(setting);
    }
    return out;
  }

  /** write_setting_list: plain keys as they are, patterns for what neither they nor an exclusion name. */
  apply(settings: readonly Setting[]): void {
    const isGlob = (s: Setting): boolean => /[*?[]/.test(s.path);
    const named = new Set(settings.filter((s) => !isGlob(s)).map((s) => s.path));
    const excluded = settings.filter((s) => s.exclude);
    for (const s of settings) {
      if (s.value === null) continue;
      const { value } = s;
      if (!isGlob(s)) {
        this.write(s.path, value);
        continue;
      }
      const pattern = globPattern(clean(s.path));
      for (const path of this.all()) {
        if (!pattern.test(path) || named.has(path) || excluded.some((x) => globPattern(clean(x.path)).test(path))) continue;
        this.write(path, value);
      }
    }
  }

  all(folder = ''): string[] {
    return (this.sysctl.list(folder) ?? []).flatMap((n) => {
      const path = folder === '' ? n : `${folder}/${n}`;
      return this.sysctl.exists(path) ? [path] : this.all(path);
    });
  }

  /** --system: files of the folders in the order of their names, the first folder's winning, then /etc/sysctl.conf. */
  system(): void {
    const { files } = this.call.host;
    const found = new Map<string, string>();
    for (const dir of ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d']) {
      for (const name of files.list(dir) ?? []) if (name.endsWith('.conf') && !found.has(name)) found.set(name, `${dir}/${name}`);
    }
    const paths = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, p]) => p);
    if (files.read('/etc/sysctl.conf') !== undefined) paths.push('/etc/sysctl.conf');
    const settings: Setting[] = [];
    for (const path of paths) {
      if (!this.flags.quiet) this.call.out(`* Applying ${path} ...\n`);
      settings.push(...(this.load(path) ?? []));
    }
    this.apply(settings);
  }
}

/** The kernel's path lookup: repeated and closing separators do not matter; '' where it ends at /proc/sys itself or leaves it. */
function clean(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') out.push(part);
    else if (out.pop() === undefined) return '';
  }
  return out.join('/');
}
const dotted = (path: string): string => path.replace(/[/.]/g, (c) => (c === '/' ? '.' : '/'));

function run(call: Call): number {
  if (call.argv.length < 2) {
    call.err(USAGE);
    return 1;
  }
  const tool = new Tool(call);
  const { flags } = tool;
  let write = false,
    all = false,
    preload = false,
    preloadFile: string | null = null,
    system = false;
  const getopt = new Getopt(call.argv, SHORT);
  for (let o = getopt.next(LONG); o; o = getopt.next(LONG)) {
    if (o.kind !== 'option') {
      const long = call.argv.some((w) => w.startsWith(`--${o.opt}`));
      tool.warn(
        o.kind === 'missing'
          ? long
            ? `option '--${o.opt}' requires an argument`
            : `option requires an argument -- '${o.opt}'`
          : long
            ? `unrecognized option '--${o.opt}'`
            : `invalid option -- '${o.opt}'`,
      );
      call.out(USAGE);
      return 0;
    }
    switch (o.val) {
      case 'b':
        flags.newline = false;
        flags.values = true;
        break;
      case 'n':
        flags.values = true;
        break;
      case 'e':
        flags.ignore = true;
        break;
      case 'N':
        flags.names = true;
        break;
      case 'w':
        write = true;
        break;
      case 'f':
      case 'p':
        preload = true;
        if (o.arg !== null) preloadFile = o.arg;
        break;
      case 'q':
        flags.quiet = true;
        break;
      case 'a':
      case 'A':
      case 'X':
        all = true;
        break;
      case 'dry-run':
        flags.dry = true;
        break;
      case 'deprecated':
        flags.deprecated = true;
        break;
      case 'system':
        system = true;
        break;
      case 'r':
        flags.pattern = posixExtended(o.arg ?? '');
        break;
      case 'V':
        call.out('sysctl from procps-ng 4.0.4\n');
        return 0;
      case 'd':
      case 'h':
        call.out(USAGE);
        return 0;
      default:
        break;
    }
  }
  const words = getopt.argv.slice(getopt.optind);
  if (system) {
    tool.system();
    return tool.status;
  }
  if (all) {
    tool.display('', '');
    return 0;
  }
  if (preload) return load(tool, [...(preloadFile === null ? [] : [preloadFile]), ...words]);
  if (words.length === 0) {
    tool.warn("no variables specified\nTry `sysctl --help' for more information.");
    return 1;
  }
  if (flags.names && flags.quiet) {
    tool.warn("options -N and -q cannot coexist\nTry `sysctl --help' for more information.");
    return 1;
  }
  for (const word of words) {
    if (!write && !word.includes('=')) {
      tool.read(word);
      continue;
    }
    const setting = tool.parse('command line', 0, word);
    if (!setting || setting.value === null || (setting.path === '' && setting.value === '')) tool.status |= 1;
    else tool.write(setting.path, setting.value);
  }
  return tool.status & 255;
}

function load(tool: Tool, files: readonly string[]): number {
  const settings: Setting[] = [];
  for (const file of files.length ? files : ['/etc/sysctl.conf']) {
    const read = tool.load(file);
    if (read) settings.push(...read);
    else tool.status = 1;
  }
  tool.apply(settings);
  return tool.status;
}

export const commands: readonly Command[] = [{ names: ['sysctl'], run }];
