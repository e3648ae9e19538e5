import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const src = resolve(import.meta.dirname, '../../src');

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (path.endsWith('.ts')) yield path;
  }
}

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const imports: Import[] = [...sources(src)].flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)].map((m) => ({
    from: relative(src, file),
    to: m[2].startsWith('.') ? relative(src, resolve(dirname(file), m[2])) : m[2],
    typeOnly: m[1] !== undefined,
  }));
});

/** Rooms from the inside out: code of one may use its own and what stands before it. */
const ROOMS = ['kernel', 'parsers', 'commands', 'host', 'cli'];
const room = (path: string): number => ROOMS.indexOf(path.split('/')[0]);

describe('imports run one way', () => {
  test('there are files to look at', () => expect(imports.length).toBeGreaterThan(200));

  test('kernel ← parsers ← commands ← host ← cli', () => {
    const wrong = imports.filter((i) => !i.typeOnly && room(i.from) >= 0 && room(i.to) > room(i.from));
    expect(wrong.map((i) => `${i.from} → ${i.to}`)).toEqual([]);
  });

  test('kernel and parsers run anywhere: nothing of Node', () => {
    const wrong = imports.filter((i) => room(i.from) >= 0 && room(i.from) <= 1 && i.to.startsWith('node:'));
    expect(wrong.map((i) => `${i.from} → ${i.to}`)).toEqual([]);
  });

  test("chalk, cli-table3 and commander serve drywall's own output only", () => {
    const wrong = imports.filter((i) => ['chalk', 'cli-table3', 'commander'].includes(i.to) && !i.from.startsWith('cli/'));
    expect(wrong.map((i) => `${i.from} → ${i.to}`)).toEqual([]);
  });
});

/** kernel/xt, commands/nft …: the second level of folders. */
const folder = (path: string): string => path.split('/').slice(0, 2).join('/');

describe('no cycles', () => {
  test('files that import one another lie in one folder: a language is recursive, the building is not', () => {
    const edges = new Map<string, string[]>();
    for (const i of imports) if (!i.typeOnly && i.to.endsWith('.ts')) edges.set(i.from, [...(edges.get(i.from) ?? []), i.to]);
    const across: string[] = [];
    const state = new Map<string, 'open' | 'done'>();
    const visit = (file: string, way: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        const cycle = way.slice(way.indexOf(file));
        if (new Set(cycle.map(folder)).size > 1) across.push([...cycle, file].join(' → '));
        return;
      }
      state.set(file, 'open');
      for (const to of edges.get(file) ?? []) visit(to, [...way, file]);
      state.set(file, 'done');
    };
    for (const file of edges.keys()) visit(file, []);
    expect(across).toEqual([]);
  });
});
