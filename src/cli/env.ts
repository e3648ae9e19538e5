import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder with one launcher for each cloned tool. */
export const toolsFolder = (): string => join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'tools');

const quote = (s: string): string => `'${s.replaceAll("'", "'\\''")}'`;

/** Shell text for `eval "$(drywall env)"`: the clones first on PATH, and a prompt that says so. */
export function envOn(env: Readonly<Record<string, string | undefined>>, folder = toolsFolder()): string {
  if ((env.PATH ?? '').split(delimiter).includes(folder)) return '';
  return `DRYWALL_PATH_BEFORE=$PATH; DRYWALL_PS1_BEFORE=\${PS1-}; export DRYWALL_PATH_BEFORE DRYWALL_PS1_BEFORE
PATH=${quote(folder)}:$PATH; export PATH
PS1="(drywall) \${PS1-}"; hash -r 2>/dev/null
`;
}

/** Shell text for `eval "$(drywall env --off)"`. */
export const envOff =
  (): string => `if [ -n "\${DRYWALL_PATH_BEFORE-}" ]; then PATH=$DRYWALL_PATH_BEFORE; PS1=$DRYWALL_PS1_BEFORE; unset DRYWALL_PATH_BEFORE DRYWALL_PS1_BEFORE; hash -r 2>/dev/null; fi
`;
