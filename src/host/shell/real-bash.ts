import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecOptions, Result } from '../execute.ts';
import type { Host } from '../host.ts';
import { KernelFiles } from '../run/kernel-files.ts';
import { core, prelude } from '../run/prelude.ts';
import { RequestServer } from '../run/server.ts';
import type { ShellHost } from './interpret.ts';
import { commands } from '../../commands/generated/index.ts';
import type { Command } from '../../commands/command.ts';

/**
 * Runs a text that needs the whole shell language with the machine's bash: the tools are functions that ask this process,
 * the working directory holds the host's files, and the kernel's files are reached under other names.
 */
export async function runInBash(text: string, host: Host, shell: ShellHost, o: ExecOptions): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), 'drywall-'));
  const server = new RequestServer(dir, async (r) => {
    await new Promise((done) => setImmediate(done));
    kernel.absorb();
    const answer = await shell.exec(r.argv, { ...o, stdin: r.stdin });
    kernel.refresh();
    return answer;
  });
  let complaints = '';
  const kernel = new KernelFiles(join(dir, 'kernel'), host.files, (m) => { complaints += `bash: line 1: ${m}`; });
  try {
    const names = (commands as readonly Command[]).filter((c) => !c.coreutil).flatMap((c) => c.names);
    server.put('core', core());
    server.put('prelude', prelude(names, ['/sbin', '/usr/sbin', '/bin', '/usr/bin']));
    const home = join(dir, 'home');
    mkdirSync(home);
    for (const name of host.files.list('/root') ?? []) {
      const content = host.files.read(`/root/${name}`);
      if (content !== undefined) { mkdirSync(dirname(join(home, name)), { recursive: true }); writeFileSync(join(home, name), content); }
    }
    const rewritten = text.replace(/\/proc\/(?:sys\/net|net)(?=[/\s]|$)/gm, (m) => `${dir}/kernel${m}`);
    const r = await collect(rewritten, home, { ...process.env, ...o.env, DRYWALL_RUN: dir, DRYWALL_SHELL: '', BASH_ENV: join(dir, 'prelude') }, typeof o.stdin === 'function' ? o.stdin() : (o.stdin ?? ''));
    await new Promise((done) => setTimeout(done, 1));
    kernel.absorb();
    const plain = (s: string): string => s.replaceAll(`${dir}/kernel`, '');
    return { status: r.status, stdout: plain(r.stdout), stderr: plain(r.stderr) + complaints };
  } finally {
    kernel.close();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function collect(text: string, cwd: string, env: NodeJS.ProcessEnv, stdin: string): Promise<Result> {
  const child = spawn('bash', ['-c', text], { cwd, env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (c: string) => { stdout += c; });
  child.stderr.setEncoding('utf8').on('data', (c: string) => { stderr += c; });
  child.stdin.on('error', () => {}); // a script that does not read its input
  child.stdin.end(stdin);
  return new Promise((done) => {
    child.on('error', () => done({ status: 127, stdout: '', stderr: 'bash: command not found (this text needs a real bash)\n' }));
    child.on('close', (code) => done({ status: code ?? 128, stdout, stderr }));
  });
}
