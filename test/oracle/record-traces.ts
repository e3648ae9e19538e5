/**
 * Asks the real kernel and tools what the monitors say in the cases of test/commands/nft/traces.golden.jsonl, and writes
 * the answers there: `node test/oracle/record-traces.ts ORACLE [ID...]`, ORACLE being the program that plays packet
 * scenarios (`oracle packets`). New cases are added without `said`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GOLDEN, masked, traceCases, type TraceCase } from '../commands/nft/traces.ts';

interface Answer {
  readonly id: string;
  readonly steps: readonly { readonly key?: string; readonly argv?: readonly string[]; readonly stdout?: string; readonly stderr?: string }[];
}

const [oracle, ...wanted] = process.argv.slice(2);
if (!oracle) throw new Error('which oracle?');

const shell = (text: string): object => ({ argv: ['sh', '-c', text], stdin: null });

function scenario(c: TraceCase): object {
  const begin = c.monitors.map((m, i) => `${m} >/tmp/said${i} 2>/tmp/cried${i} </dev/null & echo $! >/tmp/pid${i}`).join('; ');
  return {
    id: c.id,
    setup: c.setup,
    steps: [
      shell(`${begin}; sleep 0.4`),
      ...c.steps.map((s) => (s.argv ? { stdin: null, ...s } : s)),
      shell('sleep 0.2'),
      ...c.monitors.map((_, i) => shell(`kill $(cat /tmp/pid${i}) 2>/dev/null; cat /tmp/said${i}; cat /tmp/cried${i} >&2`)),
    ],
  };
}

const cases = traceCases(),
  asked = cases.filter((c) => wanted.length === 0 || wanted.includes(c.id));
const dir = mkdtempSync(join(tmpdir(), 'traces-'));
try {
  const [questions, answers] = [join(dir, 'in.jsonl'), join(dir, 'out.jsonl')];
  writeFileSync(questions, asked.map((c) => `${JSON.stringify(scenario(c))}\n`).join(''));
  execFileSync(oracle, ['packets', questions, '--out', answers, '--jobs', '1'], { stdio: 'inherit' });
  const said = new Map(
    readFileSync(answers, 'utf8')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l) as Answer)
      .map((a) => [a.id, a.steps] as const),
  );
  const lines = cases.map((c) => {
    const steps = said.get(c.id);
    if (!steps) return c;
    const ends = steps.slice(-c.monitors.length);
    return { ...c, said: ends.map((s) => masked(s.stdout ?? '')), cried: ends.map((s) => s.stderr ?? '') };
  });
  writeFileSync(GOLDEN, lines.map((c) => `${JSON.stringify(c)}\n`).join(''));
} finally {
  rmSync(dir, { recursive: true, force: true });
}
