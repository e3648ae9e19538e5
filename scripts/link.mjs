// A tool's bundle: one file in which a module's code runs when something of it is first used. A tool that starts runs a
// fraction of the modules, and V8's cached code holds only functions that have run. bin/launch.cjs evaluates it.
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { minifySync } from 'rolldown/utils';

/**
 * Makes `exports` of a module: its members are its own once its code has run; till then the prototype is asked, which runs it.
 * A module that is asked for a member while it is still being set up says so, as the order of imports would have.
 */
const LAZY = `const lazy = (run) => {
  let begun = false;
  const exports = Object.create(new Proxy({}, { get(_, name) {
    if (begun) throw new ReferenceError(String(name) + ' is asked for before its module has run');
    begun = true;
    run(exports);
    return exports[name];
  } }));
  return exports;
};`;

/**
 * `input` with all that it imports as the text of a function of `exports`, `require` and `load`. What is in `outside`
 * (path → name) is left out: `load` of the name is to import it.
 */
export async function linked(input, options, outside) {
  const made = await rolldown({ ...options, input, external: (id) => id.startsWith('node:') || id in outside });
  const { output: modules } = await made.generate({ format: 'cjs', preserveModules: true, paths: Object.fromEntries(Object.keys(outside).map((id) => [id, `outside:${id}`])) });
  await made.close();
  const names = new Map(modules.map((m, i) => [m.fileName, `module${i}`]));
  const nameOf = (from, path) => {
    const name = names.get(join(dirname(from), path));
    if (!name) throw new Error(`${from} requires ${path}, which is no module of the bundle`);
    return name;
  };
  const parts = modules.map((m) => {
    const code = m.code
      .replace(/\brequire\("(\.[^"]+)"\)/g, (_, path) => nameOf(m.fileName, path))
      .replace(/\bimport\("[^"]*outside:([^"]+)"\)/g, (_, id) => `load(${JSON.stringify(outside[id])})`);
    return `const ${names.get(m.fileName)} = lazy((exports) => {\n${code}\n});`;
  });
  const entry = modules.find((m) => m.type === 'chunk' && m.isEntry);
  const text = `keep(function (exports, require, load) {\n'use strict';\n${LAZY}\n${parts.join('\n')}\n${entry.exports.map((e) => `exports.${e} = (...a) => ${names.get(entry.fileName)}.${e}(...a);`).join('\n')}\n})\n`;
  const small = minifySync('tool.js', text, { module: false });
  if (small.errors.length) throw new Error(small.errors.map((e) => e.message).join('\n'));
  // A minifier drops what nobody calls: the call goes afterwards. In ASCII alone, so that Node reads it byte for byte.
  return small.code.replace(/^keep/, '').replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
