import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command } from '../../commands/command.ts';
import { commands } from '../../commands/generated/index.ts';
import type { ExecOptions, Result } from '../execute.ts';
import type { MemoryFiles } from '../memory-files.ts';
import { RealTree } from '../real-tree.ts';
import { complaint, KernelFiles } from '../run/kernel-files.ts';
import { core, prelude } from '../run/prelude.ts';
import { type Tool, WRITTEN } from '../run/protocol.ts';
import { runFolder } from '../run/run-folder.ts';
import { Sandbox, whyNoSandbox } from '../run/sandbox-run.ts';
import { RequestServer } from '../run/server.ts';
import type { ShellHost } from './interpret.ts';

const registered: readonly Command[] = commands;

/** Programs that real bash must not find on the machine. */
const tools = (): Tool[] => registered.filter((c) => !c.coreutil).flatMap((c) => c.names.map((name) => ({ name, folder: c.bin ? '/usr/bin' : '/usr/sbin' })));

/**
 * Runs a text that needs the whole shell language with the machine's bash. Where a sandbox can be made, it sees the host's
 * files over the machine's and what it writes becomes the host's. Elsewhere a folder stands for the working directory and
 * the kernel's files are reached under other names.
 */
export async function runInBash(text: string, files: MemoryFiles, shell: ShellHost, o: ExecOptions): Promise<Result> {
  const dir = runFolder();
  const sandboxed = whyNoSandbox() === null;
  let complaints = '';
  const kernel = new KernelFiles(join(dir, 'kernel'), () => files);
  const absorb = (): void => {
    complaints += complaint(kernel.absorb()).replaceAll(/^(?=.)/gm, 'bash: line 1: ');
  };
  const server = new RequestServer(dir, async (r) => {
    await kernel.settled(r);
    if (r.argv[0] === WRITTEN) return kernel.written(r.argv[1], r.argv[2]);
    absorb();
    files.descriptor = r.input;
    if (sandboxed) files.within = new RealTree(`/proc/${r.pid}/root`);
    const answer = await shell.exec(r.argv, { ...o, stdin: () => r.input(0), cwd: r.cwd, origin: atLine(o, r.line) });
    kernel.refresh(registered.find((c) => c.names.includes(r.argv[0]))?.rulesOnly ? 'rules' : 'all');
    return answer;
  });
  try {
    server.put('core', core());
    server.put('prelude', prelude(tools()));
    const env = {
      ...process.env,
      ...o.env,
      DRYWALL_RUN: dir,
      DRYWALL_SHELL: '',
      BASH_ENV: join(dir, 'prelude'),
      DRYWALL_CWD: o.cwd ?? '/root',
      DRYWALL_LINES: o.origin ? '1' : '',
    };
    const stdin = typeof o.stdin === 'function' ? o.stdin() : (o.stdin ?? '');
    const result = sandboxed ? await inSandbox(text, dir, files, env, stdin) : await inFolder(text, dir, files, env, stdin);
    await new Promise((done) => setTimeout(done, 1));
    absorb();
    return { ...result, stderr: result.stderr + complaints };
  } finally {
    files.within = files.descriptor = null;
    kernel.close();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A line of the text that is run, as a line of the file that it was written in. */
const atLine = (o: ExecOptions, line: number | undefined): ExecOptions['origin'] => o.origin && { file: o.origin.file, line: o.origin.line + (line ?? 1) - 1 };

async function inSandbox(text: string, dir: string, files: MemoryFiles, env: NodeJS.ProcessEnv, stdin: string): Promise<Result> {
  const sandbox = new Sandbox(dir, tools(), new Map(files.entries()));
  const result = await collect(sandbox.argv(['bash', '-c', text]), '/', env, stdin);
  files.within = null;
  for (const [path, content] of sandbox.changes())
    if (content === null) files.remove(path);
    else files.write(path, content);
  return result;
}

async function inFolder(text: string, dir: string, files: MemoryFiles, env: NodeJS.ProcessEnv, stdin: string): Promise<Result> {
  const home = mkdtempSync(join(tmpdir(), 'drywall-home-'));
  try {
    for (const [path, content] of files.entries()) {
      if (!path.startsWith('/root/')) continue;
      const file = join(home, path.slice('/root/'.length));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    const rewritten = text.replace(/\/proc\/(?:sys\/net|net)(?=[/\s]|$)/gm, (m) => `${dir}/kernel${m}`);
    const r = await collect(['bash', '-c', rewritten], home, env, stdin);
    const plain = (s: string): string => s.replaceAll(`${dir}/kernel`, '');
    return { status: r.status, stdout: plain(r.stdout), stderr: plain(r.stderr) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function collect(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv, stdin: string): Promise<Result> {
  const child = spawn(argv[0], argv.slice(1), { cwd, env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (c: string) => {
    stdout += c;
  });
  child.stderr.setEncoding('utf8').on('data', (c: string) => {
    stderr += c;
  });
  child.stdin.on('error', () => {}); // a script that does not read its input
  child.stdin.end(stdin);
  return new Promise((done) => {
    child.on('error', () => done({ status: 127, stdout: '', stderr: 'bash: command not found (this text needs a real bash)\n' }));
    child.on('close', (code) => done({ status: code ?? 128, stdout, stderr }));
  });
}
