import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Each command 300 times, by the shell's own clock; medians in microseconds, a line each. */
const SCRIPT = `#!/bin/bash
timed() {
  local i a b t=()
  for i in {1..300}; do
    a=\${EPOCHREALTIME/./}
    "$@" >/dev/null
    b=\${EPOCHREALTIME/./}
    t+=($((b - a)))
  done
  builtin printf '%s\\n' "\${t[@]}" | sort -n | sed -n 150p
}
timed /bin/true
timed iptables -A INPUT -p tcp --dport 22 -j ACCEPT
timed nft add rule ip filter INPUT tcp dport 22 accept
timed timeout 9 /bin/true
timed timeout 9 iptables -A INPUT -p tcp --dport 23 -j ACCEPT
`;

/** Commands of a script under `drywall run`, beside programs that the same shell starts. */
export function scriptBench(): string {
  const dir = mkdtempSync(join(tmpdir(), 'drywall-bench-script-'));
  try {
    const file = join(dir, 'script.sh');
    writeFileSync(file, SCRIPT);
    const r = spawnSync(process.execPath, [join(root, 'bin/drywall'), '--state', join(dir, 'state.db'), 'run', file], { encoding: 'utf8' });
    const [program, iptables, nft, outside, through] = r.stdout.trim().split('\n').map(Number);
    if (r.status !== 0 || ![program, iptables, nft, outside, through].every(Number.isFinite)) throw new Error(`script bench: status ${r.status} ${r.stderr.slice(0, 300)}`);
    const times = (us: number, of: number, what: string): string => `${us} µs, ${(us / of).toFixed(2)} × ${what}`;
    return [
      `a command in a script            iptables -A ${times(iptables, program, `/bin/true (${program} µs)`)}; nft add rule ${times(nft, program, '/bin/true')}`,
      `  from another program           timeout 9 iptables -A ${times(through, outside, `timeout 9 /bin/true (${outside} µs)`)}`,
    ].join('\n');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
