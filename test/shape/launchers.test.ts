import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { programs } from '../../src/commands/generated/programs.ts';

test('bin/tools has one launcher for each cloned tool (scripts/launchers.mjs writes them)', () => {
  expect(readdirSync(resolve(import.meta.dirname, '../../bin/tools')).sort()).toEqual(programs.flatMap((p) => p.tools).sort());
});
