// Makes the files under src/**/generated: grammars compiled by nearley, and one index for each folder that is a registry.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createHash } from 'node:crypto';
import { pack } from './lalr.mjs';
import { readLalr } from './lalr-file.mjs';

const require = createRequire(import.meta.url);
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const nearley = require('nearley/lib/nearley.js');
const compile = require('nearley/lib/compile.js');
const generate = require('nearley/lib/generate.js');
const nearleyGrammar = require('nearley/lib/nearley-language-bootstrapped.js');

const writeIfChanged = (file, text) => {
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
};

function* walk(dir) {
  if (!existsSync(dir)) return;
  for (const name of readdirSync(dir).sort()) {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) {
      if (name !== 'generated') yield* walk(path);
    } else yield path;
  }
}

/** grammars/X/Y.ne → src/parsers/generated/X/Y.ts. Files whose name starts with `_` are parts, reached by @include. */
function grammars() {
  const base = join(root, 'grammars');
  for (const file of walk(base)) {
    if (!file.endsWith('.ne') || basename(file).startsWith('_')) continue;
    if (existsSync(join(dirname(file), 'tokens.txt'))) {
      tables(file, base);
      continue;
    }
    const parser = new nearley.Parser(nearleyGrammar);
    parser.feed(readFileSync(file, 'utf8'));
    const options = { args: [file], out: '', export: 'grammar', alreadycompiled: [], nojs: false, quiet: true };
    const compiled = compile(parser.results[0], options);
    compiled.config.preprocessor = 'module';
    const text = `// @ts-nocheck\n${generate(compiled, 'grammar').replace(/^\/\/ http.*$/m, '')}`;
    writeIfChanged(join(root, 'src/parsers/generated', relative(base, file).replace(/\.ne$/, '.ts')), text);
  }
}

/** A folder with tokens.txt (terminals in order of declaration) gets LALR(1) tables and its actions instead of nearley's own form. */
function tables(file, base) {
  const out = join(root, 'src/parsers/generated', relative(base, file).replace(/\.ne$/, '.ts'));
  const inputs = readdirSync(dirname(file))
    .sort()
    .map((f) => readFileSync(join(dirname(file), f), 'utf8'));
  const hash = createHash('sha1')
    .update(inputs.join('\0'))
    .update(readFileSync(join(root, 'scripts/lalr.mjs')))
    .update(readFileSync(join(root, 'scripts/lalr-file.mjs')))
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .digest('hex');
  if (existsSync(out) && readFileSync(out, 'utf8').includes(hash)) return;
  const { body, rules, terminals, table } = readLalr(file);
  // a grammar without a conflict gives no input two meanings
  if (table.conflicts.length) throw new Error(`${file}: ${table.conflicts.join('; ')}`);
  const text = `// @ts-nocheck\n// ${hash}\n${body.join('\n')}\nexport const terminals = ${JSON.stringify(terminals)};\nexport const tables = '${pack(table)}';\nexport const actions = [\n${rules.map((r) => r.post ?? 'null').join(',\n')}\n];\n`;
  writeIfChanged(out, text);
}

/**
 * A registry folder: every .ts file in it (not *.test.ts, not generated) exports `name`; the index exports them all in one
 * array under `name`, in order of path; with `byName` as a record of functions under the files' names, so that a tool's
 * bundle runs a file's code when it is first asked for.
 */
const REGISTRIES = [
  { folder: 'src/kernel/xt/match', exports: 'match', out: 'src/kernel/xt/generated/match.ts', byName: true },
  { folder: 'src/kernel/xt/target', exports: 'target', out: 'src/kernel/xt/generated/target.ts', byName: true },
  { folder: 'src/kernel/expr/kind', exports: 'definition', out: 'src/kernel/expr/generated/index.ts', byName: true },
  { folder: 'src/kernel/conntrack/proto', exports: 'protocol', out: 'src/kernel/conntrack/generated/proto.ts' },
  { folder: 'src/kernel/conntrack/helper', exports: 'helper', out: 'src/kernel/conntrack/generated/helper.ts' },
  { folder: 'src/kernel/ipset/type', exports: 'setType', out: 'src/kernel/ipset/generated/index.ts' },
  { folder: 'src/kernel/proc/file', exports: 'procFile', out: 'src/kernel/proc/generated/index.ts' },
  { folder: 'src/kernel/sysctl/group', exports: 'sysctls', out: 'src/kernel/sysctl/generated/index.ts' },
  { folder: 'src/commands/nft/statement', exports: 'statement', out: 'src/commands/nft/generated/statement.ts' },
  { folder: 'src/commands/nft/expression', exports: 'expression', out: 'src/commands/nft/generated/expression.ts' },
  { folder: 'src/commands/nft/proto', exports: 'proto', out: 'src/commands/nft/generated/proto.ts' },
  { folder: 'src/commands/conntrack/proto', exports: 'protocol', out: 'src/commands/conntrack/generated/proto.ts' },
  { folder: 'src/commands', only: /^[^/]+\/command\.ts$|^small\/[^/]+\.ts$/, exports: 'commands', out: 'src/commands/generated/index.ts', spread: true },
  { folder: 'src/commands', only: /^[^/]+\/complete\.ts$/, exports: 'completer', out: 'src/commands/generated/complete.ts' },
  { folder: 'src/cli/suite/format', exports: 'format', out: 'src/cli/suite/generated/format.ts' },
];

function registries() {
  for (const r of REGISTRIES) {
    const base = join(root, r.folder);
    const files = [...walk(base)]
      .map((f) => relative(base, f).split(sep).join('/'))
      .filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts') && !basename(f).startsWith('_') && (!r.only || r.only.test(f)));
    const up = relative(dirname(join(root, r.out)), base)
      .split(sep)
      .join('/');
    const lines = files.map((f, i) => `import { ${r.exports} as x${i} } from '${up}/${f}';`);
    const list = files.map((_, i) => (r.spread ? `...x${i}` : `x${i}`)).join(', ');
    const value = r.byName ? `{\n${files.map((f, i) => `  '${f.replace(/\.ts$/, '')}': () => x${i},`).join('\n')}\n}` : `[${list}] as const`;
    writeIfChanged(join(root, r.out), `${lines.join('\n')}\n\nexport const ${r.exports} = ${value};\n`);
  }
}

/** Which file answers to which program name, so that a launcher loads one tool and not all. */
async function programs() {
  const base = join(root, 'src/commands');
  const lines = [];
  for (const file of walk(base)) {
    const path = relative(base, file).split(sep).join('/');
    if (!/^[^/]+\/command\.ts$|^small\/[^/_][^/]*\.ts$/.test(path)) continue;
    const { commands } = await import(pathToFileURL(file).href);
    const names = commands.flatMap((c) => c.names);
    const tools = commands.filter((c) => !c.coreutil && !c.inside).flatMap((c) => c.names);
    const inside = commands.filter((c) => c.inside).flatMap((c) => c.names);
    const bin = commands.filter((c) => c.bin).flatMap((c) => c.names);
    lines.push(
      `  { family: '${path.split('/')[0]}', names: ${JSON.stringify(names)}, tools: ${JSON.stringify(tools)}, inside: ${JSON.stringify(inside)}, bin: ${JSON.stringify(bin)}, load: async () => (await import('../${path}')).commands },`,
    );
  }
  for (const folder of new Set(lines.map((l) => /'\.\.\/([^/']+)/.exec(l)[1]))) {
    const files = lines.flatMap((l) => {
      const m = /import\('\.\.\/([^']+)'\)/.exec(l);
      return m?.[1].startsWith(`${folder}/`) ? [m[1]] : [];
    });
    writeIfChanged(
      join(root, 'src/cli/generated', `${folder}.ts`),
      `${files.map((f, i) => `import { commands as x${i} } from '../../commands/${f}';`).join('\n')}
import { runTool } from '../tool.ts';

/** Entry of the bundle that the launchers of these programs load. */
export const run = (argv: readonly string[]): Promise<number> => runTool(argv, [${files.map((_, i) => `...x${i}`).join(', ')}]);
`,
    );
  }
  writeIfChanged(
    join(base, 'generated/programs.ts'),
    `import type { Command } from '../command.ts';

export const programs: readonly { readonly family: string; readonly names: readonly string[]; readonly tools: readonly string[]; readonly inside: readonly string[]; readonly bin: readonly string[]; readonly load: () => Promise<readonly Command[]> }[] = [
${lines.join('\n')}
];
`,
  );
}

grammars();
registries();
await programs();
