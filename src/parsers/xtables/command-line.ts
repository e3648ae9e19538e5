import type { ParseContext, XtExtension, XtFamily, XtOption } from '../../kernel/xt/definition.ts';
import { wholeUint } from '../../kernel/xt/number.ts';
import { paramProblem, parseInterface, parseProtocol, protocolName } from '../../kernel/xt/text.ts';
import { parseAddresses } from './addresses.ts';
import { byteLength, checkChainName, checkTargetName, NAME_MAX, parseRulenum, parseRuleRange } from './chain-names.ts';
import { XtError } from '../../kernel/xt/error.ts';
import type { Helped, ParseEnvironment, XtCommand } from './command.ts';
import { STANDARD_HELP, XtExit } from './command.ts';
import type { CommandName, OptionName } from './flags.ts';
import { COMMAND_LETTER, OPTIONS } from './flags.ts';
import type { OptionTable, Token } from './getopt.ts';
import { Getopt } from './getopt.ts';
import { arpField, bridgeProto, macMask } from './link-fields.ts';
import type { Value } from './option-table.ts';
import { optionTable } from './option-table.ts';
import { ExtensionUse } from './options.ts';
import { findMatch, findTarget, STANDARD } from './registry.ts';
import type { ShapeToken } from './shapes.ts';
import type { ArpFields, BridgeFields, Jump, Masked, Name, XtRule, XtUse } from './rule.ts';

interface Loaded {
  readonly use: ExtensionUse;
  readonly watcher: boolean;
}

/** cmd2char of iptables/xshared.c, which has no letter for changing counters (1 << 15). */
function letterOf(name: CommandName): string {
  if (name === 'changeCounters') throw new XtError('OTHER_PROBLEM', 'cmd2char(): Invalid command number 32768.');
  return COMMAND_LETTER[name] ?? '';
}

const INTRAPOSITIONED = new Set(['p', 's', 'd', 'i', 'o', 'logical-in', 'logical-out', 'src-mac', 'dst-mac', 'l', 'opcode', 'h-type', 'proto-type']);

/** Reads one command line; the parser's state is that of getopt and of the loop of do_parse. */
export class CommandLine {
  private readonly env: ParseEnvironment;
  private readonly argv: readonly string[];
  private readonly opt: Getopt<Value>;
  /** The words as reading them leaves them in memory: translators print them again. */
  private readonly left: string[];
  private table: OptionTable<Value>;
  /** Extensions whose options are in the table, in order of loading. */
  private extensions: XtExtension[] = [];
  private readonly commands = new Set<CommandName>();
  private readonly options = new Set<OptionName>();
  private readonly inverted = new Set<OptionName>();
  private chain: string | null = null;
  private newName: string | null = null;
  private policy: string | null = null;
  private rulenum = 0;
  private rulenumEnd = 0;
  private tableName: string;
  private verbose: number;
  private protoWord: string | null = null;
  private proto = 0;
  private readonly macWords: { readonly option: 'source' | 'destination'; readonly text: string; readonly at: number }[] = [];
  private src: string | null = null;
  private dst: string | null = null;
  private iif = '';
  private oif = '';
  private fragment = false;
  private loaded: Loaded[] = [];
  private target: ExtensionUse | null = null;
  private jumpto: string | null = null;
  private gotoSet = false;
  private packets = 0n;
  private bytes = 0n;
  /** The protocol's match was loaded for an option that nobody knew. */
  private protocolUsed = false;
  private waitGiven = false;
  private waitInterval = false;
  private ignored = false;
  private readonly words = new Map<OptionName, string>();
  private bridgeProto: { number: number; length: boolean } | null = null;
  /** The words as classified, for the grammar; null: a line with something that shapes do not cover. */
  shape: ShapeToken[] | null = [];
  private counterOp: ['set' | 'add' | 'sub', 'set' | 'add' | 'sub'] = ['set', 'set'];

  constructor(env: ParseEnvironment, argv: readonly string[]) {
    this.env = env;
    this.argv = argv;
    this.left = [...argv];
    this.opt = new Getopt(argv);
    this.table = optionTable(env.family, []);
    this.tableName = env.table ?? 'filter';
    this.verbose = env.verbose ?? 0;
  }

  parse(): XtCommand {
    let invert = false;
    for (;;) {
      const token = this.opt.next(this.table);
      if (!token) break;
      if (token.kind === 'word' && token.text === '!') {
        if (invert) throw paramProblem('multiple consecutive ! not allowed');
        invert = true;
        this.left[this.opt.index - 1] = '';
        continue;
      }
      if (this.accept(token, invert)) continue;
      if (this.ignored) return this.result();
      invert = false;
    }
    this.finishUses();
    if (this.opt.index < this.argv.length) throw paramProblem('unknown arguments found on commandline');
    if (this.commands.size === 0) throw paramProblem('no command specified');
    if (invert) throw paramProblem('nothing appropriate following !');
    return this.result();
  }

  /** True: rerun getopt at once, keeping a pending `!`. */
  private accept(token: Token<Value>, invert: boolean): boolean {
    switch (token.kind) {
      case 'word':
        throw new XtExit(2, '', `Bad argument \`${token.text}'\n`);
      case 'missing':
      case 'unknown':
        return this.stray(token);
      case 'option': {
        const v = token.value;
        const [arg, inv] = this.intrapositioned(v, token.arg, invert);
        const at = this.opt.index - 1;
        if ('own' in v) {
          this.own(v.own, arg, inv);
          this.noteOwn(v.own, arg, inv, at);
        } else {
          const use = this.useOf(v.extension);
          this.feed(use, v.option, arg, inv);
          this.note(inv, { type: 'option', use, option: v.option }, arg, at);
        }
        return false;
      }
    }
  }

  /** xshared.c: check_inverse: `--option ! value`, which only arptables and ebtables still take. */
  private intrapositioned(v: Value, arg: string | null, invert: boolean): [string | null, boolean] {
    const { family } = this.env;
    if (arg !== '!' || !(family === 'bridge' || family === 'arp') || ('own' in v && !INTRAPOSITIONED.has(v.own))) return [arg, invert];
    this.env.warn('Using intrapositioned negation (`--option ! this`) is deprecated in favor of extrapositioned (`! --option this`).\n');
    if (invert) throw paramProblem("Multiple `!' flags not allowed");
    if (this.opt.index >= this.argv.length) throw paramProblem("no argument following `!'");
    return [this.opt.take(), true];
  }

  private noteOwn(key: string, arg: string | null, invert: boolean, at: number): void {
    const type = SHAPED[key];
    if (type === undefined) this.shape = null;
    else if (type === 'selector') this.note(invert, { type, key: key as 's' }, arg, at);
    else if (type === 'load') this.note(invert, { type, use: key === 'm' ? (this.loaded[this.loaded.length - 1]?.use ?? null) : this.target }, arg, at);
    else this.note(invert, { type }, arg, at);
  }

  /** A token, and the words that were taken with it; an argument glued to its option has no word of its own. */
  private note(invert: boolean, token: ShapeToken, arg: string | null, at: number): void {
    if (!this.shape) return;
    if (arg !== null && this.argv[at] !== arg) {
      this.shape = null;
      return;
    }
    if (invert) this.shape.push({ type: 'not' });
    this.shape.push(token);
    if (arg !== null) for (let i = at; i < this.opt.index; i++) this.shape.push({ type: 'word', at: i });
  }

  private context(): Omit<ParseContext, 'seen'> {
    return {
      family: this.env.family,
      command: this.env.program,
      net: this.env.net,
      names: this.env.names,
      warn: this.env.warn,
      proto: this.options.has('protocol') ? { number: this.bridgeProto?.number ?? this.proto, inverted: this.inverted.has('protocol') } : null,
    };
  }

  private feed(use: ExtensionUse, option: XtOption, arg: string | null, invert: boolean): void {
    const take = (): string | undefined => (this.opt.hasWord() ? this.opt.take() : undefined);
    use.feed(option, invert, arg, take, this.context());
    const cut = option.cutAt && arg ? arg.search(new RegExp(`[${option.cutAt}]`)) : -1;
    if (arg && cut >= 0) this.leave(arg, arg.slice(0, cut));
  }

  /** The latest use of the extension; ebtables makes it with its first option. */
  private useOf(e: XtExtension): ExtensionUse {
    if (this.target?.extension === e) return this.target;
    const found = this.loaded.findLast((l) => l.use.extension === e);
    if (found) return found.use;
    const use = new ExtensionUse(e, e.name, e.init(this.env.family));
    this.loaded.push({ use, watcher: e.kind === 'target' });
    return use;
  }

  /** xshared.c: command_default: perhaps the protocol's own match knows the option. */
  private stray(token: Extract<Token<Value>, { kind: 'missing' | 'unknown' }>): boolean {
    const proto = this.protocolMatch();
    if (proto) {
      this.addMatch(proto);
      this.protocolUsed = true;
      this.opt.again();
      return true;
    }
    // The protocol's match, though loaded by -m, is loaded once more; what was short for one option is then short for two.
    const twice = !this.protocolUsed && this.loadedForProtocol() && token.shown.startsWith('--') && !this.table.exact.has(token.shown.slice(2));
    if (token.kind === 'missing' && !twice) throw paramProblem(`option "${token.shown}" requires an argument`);
    throw paramProblem(`unknown option "${token.shown}"`);
  }

  private loadedForProtocol(): boolean {
    const e = this.matchOfProtocol();
    return e !== null && this.loaded.some((l) => l.use.extension === e);
  }

  private protocolMatch(): XtExtension | null {
    return this.loadedForProtocol() ? null : this.matchOfProtocol();
  }

  private matchOfProtocol(): XtExtension | null {
    if (this.protoWord === null || this.env.family === 'bridge' || this.env.family === 'arp') return null;
    const n = wholeUint(this.protoWord, 0, 255);
    const name = n === null ? this.protoWord : protocolName(n, this.env.names, this.options.has('numeric'));
    const found = name === undefined ? undefined : findMatch(this.env.family, MATCH_OF_PROTOCOL[name] ?? name);
    return found ?? null;
  }

  /** Compatibility is asked of the kernel; the translators ask nobody. */
  private warnAbsent(e: XtExtension, name: string): void {
    if (e.absent && (this.env.family === 'ip' || this.env.family === 'ip6') && !this.env.program.endsWith('-translate'))
      this.env.warn(`Warning: Extension ${name} revision 0 not supported, missing kernel module?\n`);
  }

  private addMatch(e: XtExtension): void {
    this.warnAbsent(e, e.name);
    const first = !this.loaded.some((l) => l.use.extension === e);
    this.loaded.push({ use: new ExtensionUse(e, e.name, e.init(this.env.family)), watcher: false });
    if (first) this.merge(e);
  }

  private merge(e: XtExtension): void {
    this.extensions = [...this.extensions, e];
    this.table = optionTable(this.env.family, this.extensions);
  }

  private setOption(name: OptionName, invert: boolean): void {
    if (this.options.has(name)) throw paramProblem(`multiple ${this.optionText(name)} options not allowed`);
    this.options.add(name);
    if (!invert) return;
    if (!OPTIONS.find((o) => o.name === name)?.invert) throw paramProblem(`cannot have ! before ${this.optionText(name)}`);
    this.inverted.add(name);
  }

  private optionText(name: OptionName): string {
    if (this.env.family === 'bridge' && name === 'line-numbers') return '--Ln';
    if (this.env.family === 'arp') return `--${ARP_NAMES[name] ?? name}`;
    return `--${name}`;
  }

  private addCommand(name: CommandName, others: readonly CommandName[], invert: boolean): void {
    if (invert) throw paramProblem("unexpected '!' flag");
    for (const c of this.commands) if (!others.includes(c)) throw paramProblem(`Cannot use -${letterOf(name)} with -${letterOf(c)}`);
    this.commands.add(name);
  }

  private own(key: string, arg: string | null, invert: boolean): void {
    const text = arg ?? '';
    if (this.command(key, arg, invert)) return;
    switch (key) {
      case 'h':
        throw new XtExit(
          0,
          this.env.help(this.env.family, this.env.program, () => this.helped()),
          null,
        );
      case 'p':
        return this.protocol(text, invert);
      case 's':
        this.setOption('source', invert);
        this.macWords.push({ option: 'source', text, at: this.opt.index - 1 });
        this.src = text;
        return;
      case 'd':
        this.setOption('destination', invert);
        this.macWords.push({ option: 'destination', text, at: this.opt.index - 1 });
        this.dst = text;
        return;
      case 'src-mac':
      case 'dst-mac':
      case 'opcode':
      case 'h-type':
      case 'proto-type':
        this.setOption(key, invert);
        this.words.set(key, text);
        return;
      case 'l':
        this.setOption('h-length', invert);
        this.words.set('h-length', text);
        return;
      case 'proto-length':
        throw paramProblem('not supported');
      case 'j':
        this.setOption('jump', invert);
        return this.jump(text);
      case 'g':
        this.setOption('jump', invert);
        this.gotoSet = true;
        checkTargetName(text);
        this.jumpto = text;
        return;
      case 'i':
      case 'o':
        return this.iface(key, text, invert);
      case 'logical-in':
      case 'logical-out':
        this.setOption(key, invert);
        this.words.set(key, parseInterface(text, this.env.warn));
        return;
      case 'f':
        if (this.env.family === 'ip6') throw paramProblem("`-f' is not supported in IPv6, use -m frag instead");
        this.setOption('fragments', invert);
        this.fragment = true;
        return;
      case 'v':
        if (!this.verbose) this.setOption('verbose', invert);
        this.verbose++;
        return;
      case 'm':
        return this.match(text, invert);
      case 'n':
        return this.setOption('numeric', invert);
      case 't':
        return this.setTable(text, invert);
      case 'x':
        return this.setOption('exact', invert);
      case 'V':
        throw new XtExit(0, invert ? `Not 1.8.11 (${this.env.variant}) ;-)\n` : this.versionText(), null);
      case 'w':
        return this.wait(this.optionalWord(arg));
      case 'W':
        if (this.env.restore) throw paramProblem("You cannot use `-W' from iptables-restore");
        this.checkInterval(this.optionalWord(arg));
        this.env.warn('Ignoring deprecated --wait-interval option.\n');
        this.waitInterval = true;
        return;
      case 'line-numbers':
      case 'Ln':
        return this.setOption('line-numbers', invert);
      case 'Lc':
      case 'Lx':
      case 'Lmac2':
        return this.setOption(key, invert);
      case 'M':
      case 'concurrent':
        return;
      case 'c':
        return this.counters(text, invert);
      case '4':
        return this.ipVersion('ip', 'ip6');
      case '6':
        return this.ipVersion('ip6', 'ip');
      default:
        throw paramProblem(`unknown option "-${key}"`);
    }
  }

  /** iptables -p tcp -h shows the match of the protocol; ebtables -h takes names of extensions. */
  private helped(): Helped[] {
    const { family } = this.env;
    const matches = this.loaded.filter((l) => !l.watcher).map((l) => l.use.extension);
    const proto = matches.length === 0 ? this.protocolMatch() : null;
    const standard = this.jumpto !== null && !this.gotoSet && (STANDARD.includes(this.jumpto) || this.jumpto === 'standard');
    const jump = this.target?.extension ?? (standard ? STANDARD_HELP : null);
    const named: Helped[] = [];
    while (family === 'bridge' && this.opt.index < this.argv.length) {
      const name = this.opt.take();
      if (name === 'list_extensions') throw new XtExit(0, this.loadedText(jump), null);
      // Those that are options of the rule are not found again.
      const e = name === '' || name === 'standard' || STANDARD.includes(name) ? STANDARD_HELP : findTarget(family, name);
      if (!e) throw paramProblem(`Extension '${name}' not found`);
      if (named.length || jump) throw paramProblem('Sorry, you can only see help for one target extension at a time');
      named.push(e);
    }
    return [...(jump ? [jump] : []), ...matches, ...(proto ? [proto] : []), ...named];
  }

  /** ebtables -h list_extensions */
  private loadedText(jump: Helped | null): string {
    return `${this.versionText()}Loaded userspace extensions:\n\nLoaded targets:\n${jump ? `${jump.name}\n` : ''}nflog\nlog\n\nLoaded matches:\n`;
  }

  private versionText(): string {
    return `${this.env.program} v1.8.11 (${this.env.variant})\n`;
  }

  private ipVersion(mine: XtFamily, other: XtFamily): void {
    if (this.env.family === mine) return;
    if (this.env.restore && this.env.family === other) {
      this.ignored = true;
      return;
    }
    throw new XtExit(2, '', '');
  }

  private optionalWord(arg: string | null): string | null {
    return arg ?? (this.opt.hasWord() ? this.opt.take() : null);
  }

  private command(key: string, arg: string | null, invert: boolean): boolean {
    const zero: readonly CommandName[] = ['zero', 'zeroNum'];
    const chainAnd = (name: CommandName, others: readonly CommandName[], num: boolean): true => {
      this.addCommand(name, others, invert);
      this.chain = this.optionalWord(arg) ?? this.chain;
      if (num && this.opt.hasWord()) this.rulenum = parseRulenum(this.opt.take());
      return true;
    };
    const bridge = this.env.family === 'bridge';
    switch (key) {
      case 'A':
        this.addCommand('append', [], invert);
        this.chain = arg;
        return true;
      case 'C':
      case 'check':
      case 'change-counters':
        if (bridge && key !== 'check') {
          this.addCommand('changeCounters', [], invert);
          this.chain = arg;
          this.changeCounters();
          return true;
        }
        this.addCommand('check', [], invert);
        this.chain = arg;
        return true;
      case 'D':
        this.addCommand('delete', [], invert);
        this.chain = arg;
        if (this.opt.hasWord()) {
          const range = parseRuleRange(this.opt.take(), bridge);
          this.rulenum = range.from;
          this.rulenumEnd = range.to;
          this.commands.delete('delete');
          this.commands.add('deleteNum');
        }
        return true;
      case 'R':
        this.addCommand('replace', [], invert);
        this.chain = arg;
        if (!this.opt.hasWord()) throw paramProblem('-R requires a rule number');
        this.rulenum = parseRulenum(this.opt.take());
        return true;
      case 'I':
        this.addCommand('insert', [], invert);
        this.chain = arg;
        this.rulenum = this.opt.hasWord() ? parseRulenum(this.opt.take()) : 1;
        return true;
      case 'L':
        return chainAnd('list', zero, true);
      case 'S':
        return chainAnd('listRules', zero, true);
      case 'F':
        return chainAnd('flush', [], false);
      case 'Z':
        chainAnd('zero', ['list', 'listRules'], false);
        if (this.opt.hasWord()) {
          this.rulenum = parseRulenum(this.opt.take());
          this.commands.delete('zero');
          this.commands.add('zeroNum');
        }
        return true;
      case 'N':
        checkChainName(this.env.family, arg ?? '');
        this.addCommand('newChain', [], invert);
        this.chain = arg;
        return true;
      case 'X':
        return chainAnd('deleteChain', [], false);
      case 'E':
        this.addCommand('renameChain', [], invert);
        this.chain = arg;
        if (!this.opt.hasWord()) throw paramProblem('-E requires old-chain-name and new-chain-name');
        this.newName = this.opt.take();
        return true;
      case 'P':
        // ebtables -N chain -P policy
        if (bridge && this.commands.has('newChain')) {
          this.policy = arg;
          return true;
        }
        this.addCommand('policy', [], invert);
        this.chain = arg;
        if (!this.opt.hasWord()) throw paramProblem('-P requires a chain and a policy');
        this.policy = this.opt.take();
        return true;
      case 'init-table':
        this.addCommand('initTable', [], invert);
        return true;
      default:
        return false;
    }
  }

  /** ebtables -C chain [start[:end]] pcnt bcnt (parse_change_counters_rule); each counter may be set, `+` added or `-` subtracted. */
  private changeCounters(): void {
    const words = this.argv.slice(this.opt.index);
    const isOption = (w: string): boolean => /^-(?!\d)/.test(w);
    if (words.length < 2 || isOption(words[0]) || isOption(words[1])) throw paramProblem('The command -C needs at least 2 arguments');
    if (words.length > 2 && !isOption(words[2])) {
      if (words.length > 3) throw paramProblem('No extra options allowed with -C start_nr[:end_nr] pcnt bcnt');
      const range = parseRuleRange(this.opt.take(), true);
      this.rulenum = range.from;
      this.rulenumEnd = range.to;
    }
    const [packets, packetOp] = this.counterChange();
    const [bytes, byteOp] = this.counterChange();
    this.packets = packets;
    this.bytes = bytes;
    this.counterOp = [packetOp, byteOp];
  }

  private counterChange(): [bigint, 'set' | 'add' | 'sub'] {
    const text = this.opt.take();
    const sign = text[0] === '+' || text[0] === '-' ? text[0] : '';
    const digits = text.slice(sign.length);
    if (!/^\d*$/.test(digits)) throw paramProblem(`Packet counter '${text}' invalid`);
    return [BigInt(digits), sign === '+' ? 'add' : sign === '-' ? 'sub' : 'set'];
  }

  /** The argument just read, which ends the latest word, is changed in place. */
  private leave(arg: string, text: string): void {
    const at = this.opt.index - 1;
    this.left[at] = this.left[at].slice(0, this.left[at].length - arg.length) + text;
  }

  /** ebtables reads MAC addresses when all words are read, the source first, and cuts their masks off. */
  private readMacs(): void {
    for (const { option, text, at } of this.macWords.sort((a, b) => Number(a.option === 'destination') - Number(b.option === 'destination'))) {
      macMask(text, option, 'bridge');
      const slash = text.lastIndexOf('/');
      if (slash >= 0) this.left[at] = this.left[at].slice(0, this.left[at].length - text.length + slash);
    }
  }

  private protocol(word: string, invert: boolean): void {
    this.setOption('protocol', invert);
    const text = word.toLowerCase();
    this.leave(word, text);
    if (this.env.family === 'bridge') {
      this.bridgeProto = bridgeProto(text);
      return;
    }
    this.protoWord = text;
    // arptables takes the word and does nothing with it.
    if (this.env.family === 'arp') return;
    this.proto = parseProtocol(this.protoWord, this.env.names);
    if (this.proto === 0 && this.inverted.has('protocol')) throw paramProblem('rule would never match protocol');
    if (this.env.family === 'ip6' && [43, 44, 51, 60].includes(this.proto) && !this.inverted.has('protocol')) {
      this.env.warn(`Warning: never matched protocol: ${this.protoWord}. use extension match instead.\n`);
    }
  }

  private jump(text: string): void {
    checkTargetName(text);
    this.jumpto = text;
    const e = STANDARD.includes(text) ? undefined : findTarget(this.env.family, text);
    if (!e) return;
    this.warnAbsent(e, text);
    this.target = new ExtensionUse(e, text, e.init(this.env.family));
    this.merge(e);
  }

  private iface(key: 'i' | 'o', text: string, invert: boolean): void {
    if (text === '') {
      if (this.env.family === 'arp') this.env.warn('Empty interface is likely to be undesired');
      else throw paramProblem('Empty interface is likely to be undesired');
    }
    this.setOption(key === 'i' ? 'in-interface' : 'out-interface', invert);
    const name = parseInterface(text, this.env.warn);
    if (key === 'i') this.iif = name;
    else this.oif = name;
  }

  private match(name: string, invert: boolean): void {
    if (invert) throw paramProblem('unexpected ! flag before --match');
    const e = findMatch(this.env.family, MATCH_OF_PROTOCOL[name] ?? name);
    if (!e) throw paramProblem(`Couldn't load match \`${name}':No such file or directory\n`);
    this.addMatch(e);
  }

  private setTable(name: string, invert: boolean): void {
    if (invert) throw paramProblem('unexpected ! flag before --table');
    if (this.env.restore && this.env.table !== null) throw paramProblem(`The -t option cannot be used in ${this.env.program}.\n`);
    this.tableName = name;
  }

  private wait(text: string | null): void {
    if (this.env.restore) throw paramProblem("You cannot use `-w' from iptables-restore");
    this.waitGiven = true;
    if (text !== null && !/^\s*[-+]?\d/.test(text)) throw paramProblem('wait seconds not numeric');
  }

  /** xshared.c: parse_wait_interval */
  private checkInterval(text: string | null): void {
    if (text === null) throw paramProblem('wait interval value required');
    const m = /^\s*([-+]?\d+)/.exec(text);
    if (!m) throw paramProblem('wait interval not numeric');
    const usec = BigInt.asUintN(32, BigInt(m[1]));
    if (usec > 999999n) throw paramProblem(`too long usec wait ${usec} > 999999 usec`);
  }

  private counters(text: string, invert: boolean): void {
    this.setOption('set-counters', invert);
    const comma = text.indexOf(',');
    let second = comma < 0 ? null : text.slice(comma + 1);
    if (second === null && this.opt.hasWord()) second = this.opt.take();
    if (second === null) throw paramProblem(`${this.optionText('set-counters')} requires packet and byte counter`);
    const read = (t: string, what: string): bigint => {
      const m = /^\s*([-+]?\d+)/.exec(t);
      if (!m) throw paramProblem(`${this.optionText('set-counters')} ${what} counter not numeric`);
      return BigInt.asUintN(64, BigInt(m[1]));
    };
    this.packets = read(text, 'packet');
    this.bytes = read(second, 'byte');
  }

  private finishUses(): void {
    if (!this.waitGiven && this.waitInterval) throw paramProblem('--wait-interval only makes sense with --wait\n');
    if (this.tableName === 'nat' && this.env.family !== 'bridge' && (this.policy === 'DROP' || this.jumpto === 'DROP')) {
      throw paramProblem('\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n');
    }
    this.finished = this.loaded.map((l) => finishUse(l.use, this.context(), l.watcher));
    this.finishedTarget = this.target ? finishUse(this.target, this.context(), false) : null;
  }

  private finished: XtUse[] = [];
  private finishedTarget: XtUse | null = null;

  private result(): XtCommand {
    const family = this.env.family;
    const ruled = ['append', 'delete', 'check', 'insert', 'replace'].some((c) => this.commands.has(c as CommandName));
    const inet = family === 'ip6' ? 'ip6' : 'ip';
    const srcs = family !== 'bridge' && ruled && this.src !== null ? parseAddresses(this.src, inet, this.env.names) : [];
    const dsts = family !== 'bridge' && ruled && this.dst !== null ? parseAddresses(this.dst, inet, this.env.names) : [];
    if ((srcs.length > 1 || dsts.length > 1) && (this.inverted.has('source') || this.inverted.has('destination')))
      throw paramProblem('! not allowed with multiple source or destination IP addresses');
    if (family === 'bridge') this.readMacs();
    const rule = this.ignored ? null : this.rule();
    if (!this.ignored) this.check(ruled);
    return {
      commands: this.commands,
      chain: this.chain,
      newName: this.newName,
      policy: this.policy,
      rulenum: this.rulenum,
      rulenumEnd: this.rulenumEnd,
      table: this.tableName,
      verbose: this.verbose,
      options: this.options,
      inverted: this.inverted,
      rule: rule ?? this.rule(),
      srcs,
      dsts,
      counterOp: this.counterOp,
      left: this.left,
      unfit: this.unfit(ruled || this.commands.has('changeCounters')),
      hasCounters: this.options.has('set-counters'),
      ignored: this.ignored,
    };
  }

  /** What the kernel's own module says of the protocol, ebtables says itself: of rules, and last of all. */
  private unfit(ruled: boolean): string | null {
    const needs = ruled ? this.loaded.map((l) => l.use.extension.etherType) : [];
    return needs.find((n) => n && this.bridgeProto?.number !== n.number)?.message ?? null;
  }

  /** generic_opt_check */
  private checkOptions(): void {
    if (this.options.has('Lx') && this.options.has('line-numbers')) throw paramProblem('--Lx is not compatible with --Ln');
    for (const o of OPTIONS) {
      if (this.options.has(o.name) && o.commands && [...this.commands].some((c) => !o.commands?.includes(c)))
        throw paramProblem(`Illegal option \`${this.optionText(o.name)}' with this command`);
    }
  }

  /** generic_opt_check and what follows it. */
  private check(ruled: boolean): void {
    this.checkOptions();
    if (this.chain !== null && byteLength(this.chain) >= NAME_MAX) throw paramProblem(`chain name \`${this.chain}' too long (must be under ${NAME_MAX} chars)`);
    if (this.newName !== null) checkChainName(this.env.family, this.newName);
    if (!ruled) return;
    if ((this.chain === 'PREROUTING' || this.chain === 'INPUT') && this.options.has('out-interface'))
      throw paramProblem(`Can't use ${this.optionText('out-interface')} with ${this.chain}`);
    if (this.chain === 'INPUT' && this.options.has('logical-out')) throw paramProblem(`Can't use ${this.optionText('logical-out')} with ${this.chain}`);
    if (this.chain === 'OUTPUT' && this.options.has('logical-in')) throw paramProblem(`Can't use ${this.optionText('logical-in')} with ${this.chain}`);
    if ((this.chain === 'POSTROUTING' || this.chain === 'OUTPUT') && this.options.has('in-interface'))
      throw paramProblem(`Can't use ${this.optionText('in-interface')} with ${this.chain}`);
  }

  private name(text: string, option: OptionName): Name | null {
    return text === '' ? null : { name: text, inverted: this.inverted.has(option) };
  }

  private jumpOf(): Jump {
    if (this.finishedTarget) return { kind: 'target', use: this.finishedTarget };
    if (this.jumpto === null) return { kind: 'none' };
    // libxt_standard answers to its own name too; the kernel has no use for it.
    if (!this.gotoSet && (STANDARD.includes(this.jumpto) || this.jumpto === 'standard' || (this.env.family === 'bridge' && this.jumpto === 'CONTINUE')))
      return { kind: 'verdict', name: this.jumpto };
    return { kind: 'chain', name: this.jumpto, goto: this.gotoSet };
  }

  private rule(): XtRule {
    const { family } = this.env;
    const fields = this.env.family === 'bridge' ? this.bridgeProto : null;
    return {
      family,
      src: null,
      dst: null,
      iif: this.name(this.iif, 'in-interface'),
      oif: this.name(this.oif, 'out-interface'),
      proto:
        family === 'bridge'
          ? fields && !fields.length
            ? { number: fields.number, inverted: this.inverted.has('protocol') }
            : null
          : this.options.has('protocol')
            ? { number: this.proto, inverted: this.inverted.has('protocol') }
            : null,
      fragment: this.fragment ? { inverted: this.inverted.has('fragments') } : null,
      matches: this.finished,
      jump: this.jumpOf(),
      packets: this.packets,
      bytes: this.bytes,
      counted: true,
      arp: family === 'arp' ? this.arpFields() : null,
      bridge: family === 'bridge' ? this.bridgeFields() : null,
    };
  }

  private macOption(option: OptionName): Masked | null {
    const text = this.words.get(option);
    return text === undefined ? null : { ...macMask(text, option, this.env.family), inverted: this.inverted.has(option) };
  }

  private arpFields(): ArpFields {
    const field = (option: 'h-length' | 'opcode' | 'h-type' | 'proto-type') => {
      const text = this.words.get(option);
      return text === undefined ? null : { ...arpField(option, text), inverted: this.inverted.has(option) };
    };
    return {
      srcMac: this.macOption('src-mac'),
      dstMac: this.macOption('dst-mac'),
      hlen: field('h-length'),
      opcode: field('opcode'),
      htype: field('h-type'),
      // `! -p` turns the same flag.
      ptype: field('proto-type') ?? (this.inverted.has('protocol') ? { value: 0, mask: 65535, inverted: true } : null),
    };
  }

  private bridgeFields(): BridgeFields {
    if (this.src !== null) this.words.set('source', this.src);
    if (this.dst !== null) this.words.set('destination', this.dst);
    return {
      srcMac: this.macOption('source'),
      dstMac: this.macOption('destination'),
      logicalIn: this.name(this.words.get('logical-in') ?? '', 'logical-in'),
      logicalOut: this.name(this.words.get('logical-out') ?? '', 'logical-out'),
      length: this.bridgeProto?.length ?? false,
      lengthInverted: this.bridgeProto?.length === true && this.inverted.has('protocol'),
    };
  }
}

/** Options of the tool that lines of a shape may have; others make a line one of its own. */
const SHAPED: Readonly<Record<string, 'command' | 'selector' | 'protocol' | 'flag' | 'load' | 'counters'>> = {
  c: 'counters',
  A: 'command',
  s: 'selector',
  d: 'selector',
  i: 'selector',
  o: 'selector',
  p: 'protocol',
  f: 'flag',
  m: 'load',
  j: 'load',
  g: 'load',
};

/** xtables_find_match: names under which a match is found besides its own. */
const MATCH_OF_PROTOCOL: Readonly<Record<string, string>> = { icmpv6: 'icmp6', 'ipv6-icmp': 'icmp6', icmp6: 'icmp6' };

const ARP_NAMES: Readonly<Partial<Record<OptionName, string>>> = { source: 'source-ip', destination: 'destination-ip', 'src-mac': 'source-mac', 'dst-mac': 'destination-mac' };

function finishUse(use: ExtensionUse, context: Omit<ParseContext, 'seen'>, watcher: boolean): XtUse {
  const info = use.finish(context);
  return { extension: use.extension, name: use.name, info, ...(watcher ? { watcher } : {}) };
}
