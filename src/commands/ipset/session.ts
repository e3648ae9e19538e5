import type { Adt } from '../../kernel/ipset/entry.ts';
import { findType } from '../../kernel/ipset/ipsets.ts';
import type { IpSets } from '../../kernel/ipset/ipsets.ts';
import type { IpSet } from '../../kernel/ipset/set.ts';
import { namesOf } from '../../kernel/net/names/index.ts';
import type { Names } from '../../kernel/xt/definition.ts';
import type { Call } from '../command.ts';
import { parseElement } from './element.ts';
import { kernelError, syntax, usage } from './errors.ts';
import type { Options, Line } from './arguments.ts';
import { TYPE_HELP, TYPES, USAGE } from './help-text.ts';
import { parseAdtOptions, parseCreate } from './options.ts';
import { adtWords, printSets } from './print.ts';

export const VERSION = 'ipset v7.22';

/** One run of the tool: its kernel, its output, what its options said. */
export class Session {
  readonly call: Call;
  readonly sets: IpSets;
  readonly names: Names;
  readonly options: Options;
  written = '';

  constructor(call: Call, options: Options) {
    this.call = call;
    this.sets = call.host.net.ipset;
    this.options = options;
    this.names = namesOf((path) => call.host.files.read(path));
  }

  warn = (text: string): void => {
    if (!this.options.quiet) this.call.err(text);
  };

  #set(name: string): IpSet {
    this.#checkName(name);
    const set = this.sets.byName(name);
    if (!set) throw kernelError('list', 'ENOENT');
    return set;
  }

  #checkName(name: string): void {
    if (name.length > 31) throw syntax(`setname '${name}' is longer than 31 characters`);
  }

  /** Exit status of one command line. */
  execute({ verb, args }: Line): number {
    switch (verb) {
      case 'create':
        this.#create(args);
        return 0;
      case 'add':
      case 'del':
      case 'test':
        return this.#element(verb, args);
      case 'destroy':
        this.#change(verb, args, (name) => this.sets.destroy(name));
        return 0;
      case 'flush':
        this.#change(verb, args, (name) => this.sets.flush(name));
        return 0;
      case 'list':
      case 'save':
        this.#list(verb, args);
        return 0;
      case 'rename':
      case 'swap': {
        this.#checkName(args[0]);
        this.#checkName(args[1]);
        const error = verb === 'swap' ? this.sets.swap(args[0], args[1]) : this.sets.rename(args[0], args[1]);
        if (error) throw kernelError(verb, error);
        return 0;
      }
      case 'help':
        return this.#help(args);
      case 'version':
        this.call.out(`${VERSION}, protocol version: 7\n`);
        return 0;
      case 'quit':
      case 'restore':
        return 0;
    }
  }

  #create([name, typeName, ...rest]: readonly string[]): void {
    this.#checkName(name);
    const type = findType(typeName);
    if (!type) throw syntax(`typename '${typeName}' is unknown`);
    const error = this.sets.create(name, type, parseCreate(type, rest, { names: this.names, warn: this.warn }), this.options.exist);
    if (error) throw kernelError('create', error);
  }

  #element(verb: 'add' | 'del' | 'test', [name, element, ...rest]: readonly string[]): number {
    const set = this.#set(name);
    const family = set.family === 'inet6' ? 'inet6' : 'inet';
    const adt = parseElement(element, { names: this.names, family, type: set.type, verb, warn: this.warn });
    parseAdtOptions(set.type, verb, rest, adt);
    const error = this.sets.operate(verb, name, adt, this.options.exist);
    if (verb === 'test') return this.#answer(set, adt, error === null);
    if (error) throw kernelError(verb, error);
    return 0;
  }

  #answer(set: IpSet, adt: Adt, there: boolean): number {
    const words = adtWords(adt, set.type, this);
    if (!this.options.quiet) this.call.err(there ? `Warning: ${words} is in set ${set.name}.\n` : `${words} is NOT in set ${set.name}.\n`);
    return there ? 0 : 1;
  }

  #change(verb: 'destroy' | 'flush', [name]: readonly string[], change: (name: string | null) => ReturnType<IpSets['flush']>): void {
    if (name !== undefined) this.#checkName(name);
    const error = change(name ?? null);
    if (error) throw kernelError(verb, error);
  }

  #list(verb: 'list' | 'save', [name]: readonly string[]): void {
    const sets = name === undefined ? this.sets.all() : [this.#set(name)];
    const { sorted, terse, namesOnly, resolve } = this.options;
    const mode = verb === 'save' ? 'save' : (this.options.mode ?? 'plain');
    const text = printSets(sets, { sets: this.sets, names: this.names, mode, sorted, terse: terse && mode !== 'save', namesOnly: namesOnly && mode !== 'save', resolve });
    if (this.options.file === null) this.call.out(text);
    else this.written += text;
  }

  #help([typeName]: readonly string[]): number {
    this.call.out(USAGE);
    if (typeName === undefined) {
      this.call.out(TYPES);
      return 0;
    }
    const type = findType(typeName);
    if (!type) throw usage(`Unknown settype: \`${typeName}'`);
    this.call.out(TYPE_HELP[type.name] ?? '');
    return 0;
  }
}
