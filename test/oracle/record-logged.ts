/**
 * Asks the real kernel what it logs of packets that conntrack calls invalid or that the legacy tables trace, and writes that to
 * test/kernel/log/logged.golden.jsonl: `node test/oracle/record-logged.ts ORACLE`, ORACLE being the program that
 * plays packet scenarios. The kernel's own log is closed to a namespace; netlink is not (nflog.pl).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GOLDEN, type LoggedCase, loggedCases, TRACKING } from '../kernel/log/logged.ts';

const oracle = process.argv[2];
if (!oracle) throw new Error('which oracle?');

const END = '==';
const shell = (text: string, stdin: string | null = null): object => ({ argv: ['sh', '-c', text], stdin });

const scenario = (c: LoggedCase): object => ({
  id: c.id,
  setup: [
    { argv: ['sysctl', '-qw', 'net.netfilter.nf_log.2=nfnetlink_log', 'net.netfilter.nf_log.10=nfnetlink_log', 'net.netfilter.nf_conntrack_log_invalid=255'], stdin: null },
    ...(c.setup?.map((argv) => ({ argv, stdin: null })) ?? [{ argv: ['nft', '-f', '-'], stdin: TRACKING }]),
    shell(
      'cat >/tmp/nflog.pl; : >/tmp/log; perl /tmp/nflog.pl >>/tmp/log 2>&1 </dev/null & echo $! >/tmp/pid; sleep 0.3',
      readFileSync(new URL('./nflog.pl', import.meta.url), 'utf8'),
    ),
  ],
  steps: [...c.steps.flatMap((s) => [{ inject: s.inject }, shell(`sleep 0.02; echo ${END} >>/tmp/log`)]), shell('kill $(cat /tmp/pid); cat /tmp/log')],
});

const dir = mkdtempSync(join(tmpdir(), 'logged-')),
  cases = loggedCases();
try {
  const [questions, answers] = [join(dir, 'in.jsonl'), join(dir, 'out.jsonl')];
  writeFileSync(questions, cases.map((c) => `${JSON.stringify(scenario(c))}\n`).join(''));
  execFileSync(oracle, ['packets', questions, '--out', answers, '--jobs', '1'], { stdio: 'inherit' });
  const said = readFileSync(answers, 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as { readonly steps: readonly { readonly stdout?: string }[] });
  const lines = cases.map((c, i) => {
    const parts = (said[i].steps.at(-1)?.stdout ?? '').split(`${END}\n`);
    return { ...c, steps: c.steps.map((s, k) => ({ inject: s.inject, log: parts[k].split('\n').filter(Boolean) })) };
  });
  writeFileSync(GOLDEN, lines.map((c) => `${JSON.stringify(c)}\n`).join(''));
} finally {
  rmSync(dir, { recursive: true, force: true });
}
