import nearley from 'nearley';
import type { ParseContext, ParsedOption, XtOption } from '../../kernel/xt/definition.ts';
import { XtError } from '../../kernel/xt/error.ts';
import { parseInterface, parseProtocol } from '../../kernel/xt/text.ts';
import grammar from '../generated/xtables/rule.ts';
import type { AddressMask } from './addresses.ts';
import { parseAddresses } from './addresses.ts';
import { CommandLine } from './command-line.ts';
import type { ParseEnvironment, XtCommand } from './command.ts';
import type { ExtensionUse } from './options.ts';
import { firstRow, optionValue } from './options.ts';
import type { Name, XtUse } from './rule.ts';

/**
 * Lines of the restore tools that differ in values alone are read by one recipe: the first of a shape goes through getopt
 * and the grammar (grammars/xtables/rule.ne), the others only have their values read. Whatever a recipe does not foresee, an
 * error among it, is left to the whole parser, which knows the order in which the real tool finds things out.
 */
export type ShapeToken =
  | { readonly type: 'command' | 'flag' | 'not' | 'protocol' | 'counters' }
  | { readonly type: 'selector'; readonly key: 's' | 'd' | 'i' | 'o' }
  | { readonly type: 'load'; readonly use: ExtensionUse | null }
  | { readonly type: 'option'; readonly use: ExtensionUse; readonly option: XtOption }
  | { readonly type: 'word'; readonly at: number };

type Part =
  | { readonly kind: 'fixed' }
  | { readonly kind: 'protocol' | 'counters'; readonly at: number }
  | { readonly kind: 'field'; readonly key: 's' | 'd' | 'i' | 'o'; readonly at: number }
  | { readonly kind: 'use'; readonly use: ExtensionUse | null }
  | { readonly kind: 'option'; readonly use: ExtensionUse; readonly option: XtOption; readonly inverted: boolean; readonly words: readonly number[] };

type Step = { readonly option: XtOption; readonly name: string; readonly inverted: boolean; readonly words: readonly number[] };
interface UseRecipe {
  readonly use: ExtensionUse;
  readonly steps: readonly Step[];
}
interface Recipe {
  readonly command: XtCommand;
  readonly fields: readonly Extract<Part, { kind: 'field' }>[];
  readonly protocolAt: number;
  readonly countersAt: number;
  readonly matches: readonly UseRecipe[];
  readonly target: UseRecipe | null;
}

const compiled = nearley.Grammar.fromCompiled(grammar as unknown as nearley.CompiledRules);

function parts(tokens: readonly ShapeToken[]): readonly Part[] | null {
  const parser = new nearley.Parser(compiled);
  try {
    for (const t of tokens) parser.feed([t] as unknown as string);
  } catch {
    return null;
  }
  if (parser.results.length > 1) throw new Error(`${parser.results.length} readings of ${tokens.map((t) => t.type).join(' ')}`);
  return (parser.results[0] as readonly Part[] | undefined) ?? null;
}

const SHAPES_KEPT = 1000;
const recipes = new Map<string, Recipe | null>();

/** Words after these say what the line is about, as options do: they are part of its shape. */
const NAMING = new Set(['-A', '-p', '-m', '-j', '-g', '--append', '--protocol', '--match', '--jump', '--goto']);

/** Options as they stand, `?` for values. null: a line that has no shape of use. */
function shapeOf(env: ParseEnvironment, argv: readonly string[]): string | null {
  let shape = `${env.family} ${env.table} ${env.verbose ?? 0}`;
  let named = false;
  for (let i = 1; i < argv.length; i++) {
    const w = argv[i];
    if (named || w === '!' || (w[0] === '-' && w.length > 1)) {
      if (!named && w.includes('=')) return null;
      shape += `\0${w}`;
    } else shape += '\0?';
    named = NAMING.has(w);
  }
  return shape;
}

/** Reads a line of the restore tools. */
export function readLine(env: ParseEnvironment, argv: readonly string[]): XtCommand {
  const shape = (env.family === 'ip' || env.family === 'ip6') && env.restore ? shapeOf(env, argv) : null;
  const known = shape === null ? null : recipes.get(shape);
  if (known) {
    const command = replay(known, env, argv);
    if (command) return command;
  }
  let warned = false;
  const line = new CommandLine(
    {
      ...env,
      warn: (text) => {
        warned = true;
        env.warn(text);
      },
    },
    argv,
  );
  const command = line.parse();
  if (shape !== null && known === undefined) {
    if (recipes.size >= SHAPES_KEPT) recipes.clear();
    recipes.set(shape, warned ? null : recipeOf(line.shape, command));
  }
  return command;
}

function recipeOf(tokens: readonly ShapeToken[] | null, command: XtCommand): Recipe | null {
  const list = tokens && parts(tokens);
  if (!list || command.ignored || !command.commands.has('append')) return null;
  const uses = new Map<ExtensionUse, Step[]>();
  for (const p of list) {
    if (p.kind === 'use' && p.use) uses.set(p.use, []);
    if (p.kind !== 'option') continue;
    const row = firstRow(p.use.extension, p.option);
    const steps = uses.get(p.use) ?? [];
    steps.push({ option: row, name: row.name, inverted: p.inverted, words: p.words });
    uses.set(p.use, steps);
  }
  const made = [...uses].map(([use, steps]) => ({ use, steps }));
  const matches = made.filter((u) => u.use.extension.kind === 'match');
  const targets = made.filter((u) => u.use.extension.kind === 'target');
  // What the command has and the recipe does not: a match loaded for the protocol, a second target.
  if (matches.length !== command.rule.matches.length || targets.length !== (command.rule.jump.kind === 'target' ? 1 : 0)) return null;
  const placeOf = (kind: 'protocol' | 'counters'): number => {
    const part = list.find((p) => p.kind === kind);
    return part && 'at' in part ? part.at : -1;
  };
  return {
    command,
    fields: list.filter((p) => p.kind === 'field'),
    protocolAt: placeOf('protocol'),
    countersAt: placeOf('counters'),
    matches,
    target: targets[0] ?? null,
  };
}

class Unforeseen extends Error {}
const unforeseen = (): never => {
  throw new Unforeseen();
};

/** null: something that the whole parser has to see. */
function replay(r: Recipe, env: ParseEnvironment, argv: readonly string[]): XtCommand | null {
  try {
    return fill(r, env, argv);
  } catch (e) {
    if (e instanceof Unforeseen || e instanceof XtError) return null;
    throw e;
  }
}

function fill(r: Recipe, env: ParseEnvironment, argv: readonly string[]): XtCommand {
  const { command } = r;
  const { rule } = command;
  if (r.protocolAt >= 0 && parseProtocol(argv[r.protocolAt].toLowerCase(), env.names) !== rule.proto?.number) return unforeseen();
  const context: Omit<ParseContext, 'seen'> = { family: env.family, command: env.program, net: env.net, names: env.names, warn: unforeseen, proto: rule.proto };
  let srcs: readonly AddressMask[] = command.srcs;
  let dsts: readonly AddressMask[] = command.dsts;
  let iif = rule.iif;
  let oif = rule.oif;
  const inet = env.family === 'ip6' ? 'ip6' : 'ip';
  for (const f of r.fields) {
    const text = argv[f.at];
    if (f.key === 's') srcs = parseAddresses(text, inet, env.names);
    else if (f.key === 'd') dsts = parseAddresses(text, inet, env.names);
    else if (f.key === 'i') iif = nameOf(text, iif);
    else oif = nameOf(text, oif);
  }
  const inverted = command.inverted.size > 0 && (command.inverted.has('source') || command.inverted.has('destination'));
  if (inverted && (srcs.length > 1 || dsts.length > 1)) return unforeseen();
  return {
    ...command,
    srcs,
    dsts,
    left: argv,
    rule: {
      ...rule,
      iif,
      oif,
      packets: r.countersAt < 0 ? rule.packets : counterOf(argv[r.countersAt]),
      bytes: r.countersAt < 0 ? rule.bytes : counterOf(argv[r.countersAt + 1]),
      matches: r.matches.length ? r.matches.map((m) => useOf(m, context, argv)) : rule.matches,
      jump: r.target ? { kind: 'target', use: useOf(r.target, context, argv) } : rule.jump,
    },
  };
}

const counterOf = (text: string): bigint => (/^\d{1,18}$/.test(text) ? BigInt(text) : unforeseen());

function nameOf(text: string, template: Name | null): Name | null {
  const name = parseInterface(text, unforeseen);
  return name === '' || !template ? unforeseen() : { name, inverted: template.inverted };
}

function useOf({ use, steps }: UseRecipe, context: Omit<ParseContext, 'seen'>, argv: readonly string[]): XtUse {
  const { extension, name } = use;
  const draft = extension.init(context.family);
  const ctx: ParseContext = { ...context, seen: new Set() };
  for (const s of steps) {
    const id = s.option.id ?? s.option.name;
    if (ctx.seen.has(id) && !s.option.multi) return unforeseen();
    const raw = s.words.length ? argv[s.words[0]] : null;
    let next = 1;
    const take = (): string | undefined => (next < s.words.length ? argv[s.words[next++]] : undefined);
    const parsed: ParsedOption = { option: s.option, name: s.name, inverted: s.inverted, raw, value: optionValue(name, s.option, raw, ctx), take };
    extension.parse(parsed, draft, ctx);
    ctx.seen.add(id);
    if (s.words.length && next !== s.words.length) return unforeseen();
  }
  return { extension, name, info: extension.finish(draft, ctx) };
}
