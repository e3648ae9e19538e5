import { ANSWER_PIPES, INPUT, quote } from './protocol.ts';

/**
 * How a shell that is not bash asks the resident process: the programs on PATH are scripts of this (dash starts in half the
 * time of bash), and a script of sh has it as functions. POSIX alone. A process, or a subshell, cannot tell whose child it is:
 * each command takes an answer pipe of its own. Answers come as lines (`s` before the slot asks for that; `server.ts`).
 */
export const SH_CORE = `__dw_ask() {
  case $- in *C*) __dw_had=1 ;; *) __dw_had=; set -C ;; esac
  __dw_slot=1
  # Not \`:\`, a special builtin: a redirection that fails would end the shell.
  until { true >"$DRYWALL_RUN/lock$__dw_slot"; } 2>/dev/null; do
    __dw_slot=$((__dw_slot + 1))
    [ "$__dw_slot" -lt ${ANSWER_PIPES} ] || __dw_slot=1
  done
  [ "$__dw_had" ] || set +C
  __dw_all="$PWD $*"
  {
    if [ $((4 * \${#__dw_all} + $#)) -lt 3800 ]; then
      printf '%s\\0' "s$__dw_slot" "$$" "$PWD" "$#" "$@" >&9
    else
      printf '%s\\0' "$@" >|"$DRYWALL_RUN/arg.$__dw_slot"
      printf '%s\\0' "s$__dw_slot" "$$" "$PWD" -1 >&9
    fi
    IFS=' ' read -r __dw_s __dw_o __dw_e <&8
    while [ "$__dw_s" = i ]; do
      if [ "$__dw_o" = 0 ]; then cat; else cat "/dev/fd/$__dw_o"; fi >|"$DRYWALL_RUN/in.$__dw_slot"
      printf '%s\\0' "s$__dw_slot" "$$" "$PWD" 1 ${INPUT} >&9
      IFS=' ' read -r __dw_s __dw_o __dw_e <&8
    done
    # Errors first: programs keep standard output until they end, unless it is a terminal.
    if [ "$__dw_o" -lt 0 ]; then
      [ -t 1 ] && cat "$DRYWALL_RUN/out.$__dw_slot"
      cat "$DRYWALL_RUN/err.$__dw_slot" >&2
      [ -t 1 ] || cat "$DRYWALL_RUN/out.$__dw_slot"
    else
      while [ "$__dw_e" -gt 0 ]; do IFS= read -r __dw_all <&8; printf '%s\\n' "$__dw_all" >&2; __dw_e=$((__dw_e - 1)); done
      while [ "$__dw_o" -gt 0 ]; do IFS= read -r __dw_all <&8; printf '%s\\n' "$__dw_all"; __dw_o=$((__dw_o - 1)); done
    fi
    printf '%s\\0' "s$__dw_slot" "$$" '' 0 >&9
  } 8<>"$DRYWALL_RUN/r$__dw_slot" 9<>"$DRYWALL_RUN/req"
  return "$__dw_s"
}
`;

/** A program of the tool's name for whoever is not bash: xargs, timeout, sh, find. It knows its run even where the environment is cleared. */
export const shim = (name: string, run: string): string => `#!/bin/sh
DRYWALL_RUN=${quote(run)}
${name === 'sudo' ? SH_SUDO : `${SH_CORE}__dw_ask ${quote(name)} "$@"`}
`;

const SH_SUDO = `while :; do
  case \${1-} in
    --) shift; break ;;
    -[ughpCTrt]) shift 2 ;;
    -*) shift ;;
    *=*) export "$1"; shift ;;
    *) break ;;
  esac
done
exec "$@"`;

/** Programs that look for processes in /proc. */
export const PROCESS_PROGRAMS = ['ps', 'pgrep', 'pkill', 'pidof', 'killall', 'pstree'];

/** One of them as the sandbox has it: the machine's own, in a namespace where the real /proc lies over the one of links (sandbox.ts). */
export const processShim = (name: string): string => `#!/bin/bash
exec unshare -m bash -c 'exec 9<"/proc/.programs/$0" && mount --rbind /proc/.real /proc && exec -a "$0" /proc/self/fd/9 "$@"' ${name} "$@"
`;
