import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLalr } from '../../../scripts/lalr-file.mjs';

/** Two derivations of one input make two actions in some state of the automaton, so that no conflict means at most one parse of anything. */
const conflictsOf = (rules: string): string[] => {
  const dir = mkdtempSync(join(tmpdir(), 'drywall-grammar-'));
  try {
    writeFileSync(join(dir, 'tokens.txt'), 'eof error if else x');
    writeFileSync(join(dir, 'g.ne'), rules);
    return readLalr(join(dir, 'g.ne')).table.conflicts;
  } finally {
    rmSync(dir, { recursive: true });
  }
};

describe("nft's grammar", () => {
  it('gives no input two parses', () => {
    const { rules, table } = readLalr(join(import.meta.dirname, '../../../grammars/nft/nft.ne'));
    expect(rules.length).toBeGreaterThan(1000);
    expect(table.conflicts).toEqual([]);
  });

  it('would be found ambiguous if it were', () => {
    expect(conflictsOf('input -> stmt\nstmt -> %if stmt | %if stmt %else stmt | %x\n')).toHaveLength(1);
    expect(conflictsOf('input -> list\nlist -> %x | list list\n')).not.toEqual([]);
    expect(conflictsOf('input -> a | b\na -> %x\nb -> %x\n')).not.toEqual([]);
    expect(conflictsOf('input -> stmt\nstmt -> %if stmt %else stmt | %x\n')).toEqual([]);
  });
});
