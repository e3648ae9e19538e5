import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Folder with Debian 13's tools; `DRYWALL_ORACLE_ROOT` names one that is there already. */
export const askedRoot = process.env.DRYWALL_ORACLE_ROOT ?? '/var/cache/drywall-oracle/root';

export interface Step {
  readonly argv: readonly string[];
  readonly stdin?: string;
  /** The command by whose status the session counts as accepted; the first one where none says so. */
  readonly judged?: true;
  /** Written into the session's working directory before its first step. */
  readonly files?: Readonly<Record<string, string>>;
}
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why the real tools cannot be asked here, or null. */
export function whyNot(): string | null {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  if (!existsSync(join(askedRoot, 'usr/sbin/nft'))) {
    const made = spawnSync('sh', [resolve(import.meta.dirname, 'setup.sh'), askedRoot], { encoding: 'utf8' });
    if (made.status !== 0) return made.stdout.trim() || made.stderr.trim() || 'the tools could not be installed';
  }
  const tried = spawnSync('unshare', ['-nm', 'chroot', askedRoot, 'nft', 'add', 'table', 't'], { encoding: 'utf8' });
  return tried.status === 0 ? null : `no nf_tables in this kernel: ${tried.stderr.trim()}`;
}

const quote = (s: string): string => `'${s.replaceAll("'", "'\\''")}'`;

/**
 * Runs sessions with the real tools, each in a fresh network namespace with `lo` up; one process tree for all of them.
 * Environment as in the recordings: root, TZ=UTC, LC_ALL=C, all work on CPU 0, standard input empty unless given.
 */
export function askAll(sessions: readonly (readonly Step[])[]): Ran[][] {
  const dir = mkdtempSync(join(askedRoot, 'tmp/ask-'));
  const inside = dir.slice(askedRoot.length);
  try {
    const script = sessions.map((steps, i) => {
      const cwd = `${inside}/d${i}`;
      mkdirSync(join(askedRoot, cwd));
      const lines = steps.map((s, k) => {
        for (const [name, text] of Object.entries(s.files ?? {})) {
          mkdirSync(dirname(join(askedRoot, cwd, name)), { recursive: true });
          writeFileSync(join(askedRoot, cwd, name), text);
        }
        const at = `${inside}/${i}.${k}`;
        if (s.stdin !== undefined) writeFileSync(join(dir, `${i}.${k}.in`), s.stdin);
        return `${s.argv.map(quote).join(' ')} <${s.stdin === undefined ? '/dev/null' : `${at}.in`} >${at}.out 2>${at}.err; echo $? >${at}.st`;
      });
      return `unshare -n sh -c ${quote(`cd ${cwd}\nip link set lo up\n${lines.join('\n')}`)}`;
    });
    mkdirSync(join(askedRoot, 'proc'), { recursive: true });
    writeFileSync(join(dir, 'script'), script.join('\n'));
    execFileSync(
      'taskset',
      [
        '-c',
        '0',
        'unshare',
        '-m',
        'sh',
        '-c',
        `mount -t proc proc ${askedRoot}/proc; exec chroot ${askedRoot} env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=UTC LC_ALL=C HOME=/root TERM=dumb sh ${inside}/script`,
      ],
      { stdio: 'ignore' },
    );
    const read = (name: string): string => readFileSync(join(dir, name), 'utf8');
    return sessions.map((steps, i) => steps.map((_, k) => ({ status: Number(read(`${i}.${k}.st`)), stdout: read(`${i}.${k}.out`), stderr: read(`${i}.${k}.err`) })));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
