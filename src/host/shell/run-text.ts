import type { ExecOptions, Result } from '../execute.ts';
import type { MemoryFiles } from '../memory-files.ts';
import { canRun, interpret, type ShellHost } from './interpret.ts';
import { parse } from './parse.ts';

/** Runs the text of `bash -c` or `sh -c`: simple ones here, what needs the whole language in the machine's bash. */
export async function runText(name: string, text: string, files: MemoryFiles, host: ShellHost, o: ExecOptions): Promise<Result> {
  const pipelines = parse(text);
  const self: ShellHost = { files, has: (p) => host.has(p), exec: (argv, x) => host.exec(argv, x) };
  if (pipelines && canRun(pipelines, self)) return interpret(pipelines, self, { ...o, name });
  const { runInBash } = await import('./real-bash.ts');
  return runInBash(text, files, self, o);
}
