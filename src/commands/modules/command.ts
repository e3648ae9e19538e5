import type { Call, Command } from '../command.ts';
import { findModule } from './modules.ts';

/** uname -r of the modelled machine. */
const RELEASE = '6.18.0';

const names = (argv: readonly string[]): string[] => argv.slice(1).filter((a) => !a.startsWith('-'));

/** modprobe: everything is built in, so known names succeed and leave no trace (kmod: KMOD_MODULE_BUILTIN). */
function modprobe({ argv, err }: Call): number {
  const remove = argv.includes('-r') || argv.includes('--remove');
  const all = argv.includes('-a') || argv.includes('--all');
  const wanted = names(argv);
  if (wanted.length === 0) {
    err('modprobe: ERROR: missing parameters. See -h.\n');
    return 1;
  }
  for (const name of all || remove ? wanted : wanted.slice(0, 1)) {
    if (!findModule(name)) {
      if (!argv.includes('-q')) err(`modprobe: FATAL: Module ${name} not found in directory /lib/modules/${RELEASE}\n`);
      return 1;
    }
    if (remove) {
      err(`modprobe: FATAL: Module ${name} is builtin.\n`);
      return 1;
    }
  }
  return 0;
}

function modinfo({ argv, out, err }: Call): number {
  let status = 0;
  const wanted = names(argv);
  if (wanted.length === 0) {
    err('modinfo: ERROR: missing module or filename.\n');
    return 1;
  }
  for (const name of wanted) {
    const m = findModule(name);
    if (!m) {
      err(`modinfo: ERROR: Module ${name} not found.\n`);
      status = 1;
      continue;
    }
    const rows: (readonly [string, string])[] = [
      ['name', m.name],
      ['filename', '(builtin)'],
      ...m.aliases.map((a) => ['alias', a] as const),
      ['description', m.description],
      ['author', m.author],
      ['license', m.license],
      ...m.parameters.map((p) => ['parm', p] as const),
    ];
    for (const [key, value] of rows) out(`${`${key}:`.padEnd(16)}${value}\n`);
  }
  return status;
}

function rmmod({ argv, err }: Call): number {
  let status = 0;
  for (const name of names(argv)) {
    err(`rmmod: ERROR: Module ${name} is ${findModule(name) ? 'builtin' : 'not currently loaded'}${findModule(name) ? '.' : ''}\n`);
    status = 1;
  }
  return status;
}

export const commands: readonly Command[] = [
  { names: ['modprobe'], run: modprobe },
  { names: ['modinfo'], run: modinfo },
  { names: ['rmmod'], run: rmmod },
  {
    names: ['lsmod'],
    run: ({ out }) => {
      out('Module                  Size  Used by\n');
      return 0;
    },
  },
];
