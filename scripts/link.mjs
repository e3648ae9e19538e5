// A tool's bundle (docs/decisions/0007-cold-start.md): a module's code runs when something of it is first used, and modules
// that usual commands do not run lie in a second file. bin/launch.cjs evaluates both.
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { minifySync } from 'rolldown/utils';

/**
 * Makes `exports` of a module: its members are its own once its code has run; till then the prototype is asked, which runs
 * it. `run` is the code, or the place of the module whose code is in the second file. A module that is asked for a member
 * while it is still being set up says so, as the order of imports would have; one that has run has no others (a promise asks
 * an imported module for `then`). Little for each module: there are hundreds.
 */
const LAZY = `const ASKED = {
  get(module, name) {
    const { run, exports } = module;
    if (run === null) throw new ReferenceError(String(name) + ' is asked for before its module has run');
    if (run === undefined) return undefined;
    module.run = null;
    (typeof run === 'number' ? others()[run] : run)(exports);
    module.run = undefined;
    return exports[name];
  },
};
const lazy = (run) => {
  const module = { run, exports: null };
  return (module.exports = Object.create(new Proxy(module, ASKED)));
};`;

/**
 * `input` with all that it imports, a module an entry: its path, its code as the body of a function of `exports`, and
 * whether it is the one to begin with. What is in `outside` (path → name) is left out: `load` of the name is to import it.
 * Other modules are called moduleN in the code, by their place.
 */
export async function modulesOf(input, options, outside) {
  const made = await rolldown({ ...options, input, external: (id) => id.startsWith('node:') || id in outside });
  const { output } = await made.generate({ format: 'cjs', preserveModules: true, paths: Object.fromEntries(Object.keys(outside).map((id) => [id, `outside:${id}`])) });
  await made.close();
  const places = new Map(output.map((m, i) => [m.fileName, i]));
  const nameOf = (from, path) => {
    const place = places.get(join(dirname(from), path));
    if (place === undefined) throw new Error(`${from} requires ${path}, which is no module of the bundle`);
    return `module${place}`;
  };
  return output.map((m) => ({
    path: m.fileName,
    entry: m.isEntry ? m.exports : null,
    code: m.code
      .replace(/\brequire\("(\.[^"]+)"\)/g, (_, path) => nameOf(m.fileName, path))
      .replace(/\bimport\("[^"]*outside:([^"]+)"\)/g, (_, id) => `load(${JSON.stringify(outside[id])})`),
  }));
}

/** A function as the whole text of a file. */
function packed(text) {
  // A minifier drops what nobody calls: the call goes afterwards.
  const small = minifySync('tool.js', `keep(${text})\n`, { module: false });
  if (small.errors.length) throw new Error(small.errors.map((e) => e.message).join('\n'));
  // In ASCII alone, so that Node reads it byte for byte. It ends with ten digits that tell it from others: V8 takes kept
  // code for that of any text of the same length.
  const code = small.code.replace(/^keep/, '').replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${code}//${createHash('sha1').update(code).digest('hex').slice(0, 10)}`;
}

const body = (m) => `(exports) => {\n${m.code}\n}`;

/**
 * The two files: the first a function of `exports`, `require`, `load` and `rest`, which gives the second's function when a
 * module of it is wanted; that takes `require`, `load` and all modules and gives the code of its own by place.
 */
export function linked(modules, isUsual) {
  const names = modules.map((_, i) => `module${i}`);
  const entry = modules.findIndex((m) => m.entry);
  const lines = modules.map((m, i) => `const ${names[i]} = lazy(${isUsual(m) ? body(m) : i});`);
  const first = `function (exports, require, load, rest) {
'use strict';
${LAZY}
let known;
const others = () => known ??= rest()(require, load, [${names.join(', ')}]);
${lines.join('\n')}
${modules[entry].entry.map((e) => `exports.${e} = (...a) => ${names[entry]}.${e}(...a);`).join('\n')}
}`;
  const second = `function (require, load, modules) {
'use strict';
const [${names.join(', ')}] = modules;
return {
${modules.map((m, i) => (isUsual(m) ? '' : `${i}: ${body(m)},\n`)).join('')}};
}`;
  return { first: packed(first), second: packed(second) };
}

/** The first file of a bundle whose modules say their paths to `globalThis.ran` when they run. */
export const telling = (modules) =>
  linked(
    modules.map((m) => ({ ...m, code: `globalThis.ran(${JSON.stringify(m.path)});\n${m.code}` })),
    () => true,
  ).first;
