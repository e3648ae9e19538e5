import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One rule as the real nft answered to it: what it listed, or why it refused. */
export interface GoldenRule {
  readonly family: string;
  readonly rule: string;
  readonly status: number;
  readonly stderr: string;
  readonly text: string;
  readonly json: string;
  /** Whether the listing, read again, is listed the same. */
  readonly fixed: boolean;
}

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const hook = (family: string): string => (family === 'netdev' ? 'ingress device lo' : 'input');

/** A ruleset with nothing but a base chain, one rule added to it, its listings, and the listing of what the listing's rule makes. */
export const session = (family: string, rule: string): { argv: string[]; stdin?: string }[] => [
  { argv: ['nft', '-f', '-'], stdin: `table ${family} t {\n\tchain c { type filter hook ${hook(family)} priority 0; }\n}\n` },
  { argv: ['nft', 'add', 'rule', family, 't', 'c', rule] },
  { argv: ['nft', 'list', 'ruleset'] },
  { argv: ['nft', '-j', 'list', 'ruleset'] },
  { argv: ['sh', '-c', 'nft list ruleset >again.nft; nft flush ruleset; nft -f again.nft; nft list ruleset'] },
];

export const listed = (answers: readonly Answer[]): Omit<GoldenRule, 'family' | 'rule'> => {
  const [, add, text, json, again] = answers as [Answer, Answer, Answer, Answer, Answer];
  return { status: add.status, stderr: add.stderr, text: text.stdout, json: json.stdout, fixed: again.stdout === text.stdout };
};

export const goldenRules = (): GoldenRule[] =>
  readFileSync(join(import.meta.dirname, 'rules.golden.jsonl'), 'utf8')
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => JSON.parse(l));
