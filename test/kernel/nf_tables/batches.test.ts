import { describe, expect, it } from 'vitest';
import { createHost } from '../../../src/host/create.ts';

/** What Debian 13's nft on Linux 6.18 answered to the same commands. */
async function session(commands: readonly string[]): Promise<string[]> {
  const host = await createHost({ container: true });
  const out: string[] = [];
  for (const c of commands) {
    const r = await host.exec(['nft', c]);
    out.push(r.stdout + r.stderr);
  }
  return out;
}

describe('a batch', () => {
  it('is applied whole or not at all', async () => {
    const out = await session(['add table ip z; add chain ip z c; add rule ip z nochain accept', 'list ruleset']);
    expect(out[0]).toContain('No such file or directory');
    expect(out[1]).toBe('');
  });

  it('uses up handles even when refused', async () => {
    const out = await session([
      'add table ip t; add chain ip t c; add chain ip t b { type filter hook input priority 0; }',
      'add rule ip t c counter',
      'delete chain ip t c',
      'add rule ip t b jump c',
      'add chain ip t d',
      '-a list ruleset',
    ]);
    expect(out[3]).toBe('Error: Could not process rule: No such file or directory\nadd rule ip t b jump c\n                     ^\n');
  });

  it('refuses jumps that go too deep or round', async () => {
    const out = await session([
      'add table ip t; add chain ip t a; add chain ip t b; add chain ip t base { type filter hook input priority 0; }',
      'add rule ip t a jump b',
      'add rule ip t b jump a',
      'add rule ip t base jump a',
    ]);
    expect(out.slice(0, 3)).toEqual(['', '', '']);
    expect(out[3]).toContain('Too many links');
  });
});

describe('interval sets', () => {
  it('refuse what overlaps and forgive what is there', async () => {
    const out = await session([
      'add table ip t; add set ip t iv { type ipv4_addr; flags interval; }',
      'add element ip t iv { 10.0.0.0/8 }',
      'add element ip t iv { 10.0.0.0/8 }',
      'create element ip t iv { 10.0.0.0/8 }',
    ]);
    expect(out[2]).toBe('');
    expect(out[3]).toContain('File exists');
  });
});
