import { ANSWER_PIPES, COMPLETE, callNames, INPUT, type Tool, WRITTEN } from './protocol.ts';

/**
 * The bash side of a run: each cloned tool is a function that asks the resident process over a pipe, so a command costs no
 * new process. `$DRYWALL_RUN` is the run's folder: `req` carries requests, `r0`…`rN` answers (`server.ts` has their form).
 * A request is one write of less than PIPE_BUF, so those of subshells and background jobs never mix; longer ones go through
 * a file. The shell that was started owns answer pipe 0; any other process takes a free one by making its lock file
 * (noclobber makes that atomic) and says when it is done with it.
 */

/** A completion function of bash; COMP_WORDS as readline has cut them, so that `set@` is one word only where the tools say so. */
export const WRITES_COMPLETION = `__dw_complete() { mapfile -t COMPREPLY < <(__dw_call ${COMPLETE} "\${COMP_WORDS[@]:0:COMP_CWORD+1}"); }`;

/**
 * Text that bash sources before a script, after the core. A bash older than 4.4 (macOS has 3.2) cannot do what it needs:
 * there the programs on PATH answer, as for any other program.
 */
export function prelude(tools: readonly Tool[]): string {
  const calls = tools.flatMap((t) => callNames(t).map((n) => `function ${n} { ${UNTRACED} __dw_call ${t.name} "$@" || return; }`));
  return `if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then
. "$DRYWALL_RUN/core"
${calls.join('\n')}
${['sudo', '/usr/bin/sudo'].map((n) => `function ${n} { ${UNTRACED} __dw_sudo "$@" || return; }`).join('\n')}
${['echo', 'printf'].map((n) => `function ${n} { ${UNTRACED} builtin ${n} "$@" || return; [[ ! -f /dev/fd/1 ]] || __dw_written ${n} || return; }`).join('\n')}
function tee { ${UNTRACED} command tee "$@" || return; [[ $* != *proc/sys/* ]] || __dw_written tee || return; }
function command { if { [[ \${1-} == -[vV] ]]; } 2>&-; then ${UNTRACED} __dw_named command "$@" || return; else builtin command "$@" || return; fi; }
function type { ${UNTRACED} __dw_named type "$@" || return; }
fi
`;
}

/** \`set -x\` shows the command, as it does for a program, and not how it is answered. */
const UNTRACED = '{ local -; set +x; } 2>&-;';

/** How any bash of 4.4 or later asks the resident process. What a script waits for is __dw_call: each of its words is counted. */
export const core = (): string => `# drywall: asking the resident process
if [[ -z \${__dw_req-} || \${__dw_owner-} != "$BASHPID" ]]; then
  exec {__dw_req}<>"$DRYWALL_RUN/req"
  __dw_owner=$BASHPID
  __dw_res=
  __dw_main=
  if [[ \${DRYWALL_SHELL-} == "$BASHPID" || -z \${DRYWALL_SHELL-} ]]; then
    export DRYWALL_SHELL=$BASHPID
    exec {__dw_res}<>"$DRYWALL_RUN/r0"
    [[ -n \${DRYWALL_LINES-} ]] || __dw_main=$BASHPID
  fi
fi
__dw_call() {
  local __dw_s __dw_all="$*"
  if [[ $BASHPID == "$__dw_main" ]] && ((4 * (\${#__dw_all} + \${#PWD}) + $# < 3800)); then
    builtin printf '%s\\0' 0 "$BASHPID" "$PWD" $# "$@" >&"$__dw_req"
    builtin read -rN1 -u "$__dw_res" __dw_s
    [[ $__dw_s == [0-9] ]] && return "$__dw_s"
    __dw_answer 0 "$__dw_res"
    return
  fi
  if [[ -n \${DRYWALL_LINES-} ]]; then
    local __dw_up=1
    while [[ \${FUNCNAME[__dw_up]} == __dw_sudo || \${FUNCNAME[__dw_up + 1]-} == __dw_sudo ]]; do ((__dw_up++)); done
    set -- :at "\${BASH_LINENO[__dw_up]}" "$@"
  fi
  local __dw_slot=0 __dw_fd=$__dw_res
  if [[ $BASHPID != "$DRYWALL_SHELL" || -z $__dw_fd ]]; then
    __dw_take
    exec {__dw_fd}<>"$DRYWALL_RUN/r$__dw_slot"
  fi
  if ((4 * (\${#__dw_all} + \${#PWD}) + $# < 3800)); then
    builtin printf '%s\\0' "$__dw_slot" "$BASHPID" "$PWD" $# "$@" >&"$__dw_req"
  else
    builtin printf '%s\\0' "$@" >|"$DRYWALL_RUN/arg.$__dw_slot"
    builtin printf '%s\\0' "$__dw_slot" "$BASHPID" "$PWD" -1 >&"$__dw_req"
  fi
  builtin read -rN1 -u "$__dw_fd" __dw_s
  if [[ $__dw_s != [0-9] ]]; then
    __dw_answer "$__dw_slot" "$__dw_fd"
    __dw_s=$?
  fi
  if ((__dw_slot)); then
    exec {__dw_fd}>&-
    builtin printf '%s\\0' "$__dw_slot" "$BASHPID" '' 0 >&"$__dw_req"
  fi
  return "$__dw_s"
}
# An answer that is more than a status, or asks for standard input first: slot, descriptor.
__dw_answer() {
  local __dw_o __dw_e __dw_text __dw_err=
  while [[ $__dw_s == i ]]; do
    builtin read -rN6 -u "$2" __dw_o
    if ((__dw_o)); then builtin command -p cat "/dev/fd/$((__dw_o))"; else builtin command -p cat; fi >|"$DRYWALL_RUN/in.$1"
    builtin printf '%s\\0' "$1" "$BASHPID" "$PWD" 1 ${INPUT} >&"$__dw_req"
    builtin read -rN1 -u "$2" __dw_s
  done
  [[ $__dw_s != [0-9] ]] || return "$__dw_s"
  builtin read -rN24 -u "$2" __dw_text
  ((__dw_s = \${__dw_text:0:4}, __dw_o = \${__dw_text:4:10}, __dw_e = \${__dw_text:14}))
  # Lengths are bytes; below zero where a byte is not always a character.
  if ((__dw_o < 0 || __dw_e < 0)); then
    local LC_ALL=C
    ((__dw_o = -__dw_o, __dw_e = -__dw_e))
  fi
  __dw_text=
  if ((__dw_o)); then builtin read -rN "$__dw_o" -u "$2" __dw_text; fi
  if ((__dw_e)); then builtin read -rN "$__dw_e" -u "$2" __dw_err; fi
  # Programs keep standard output until they end, unless it is a terminal.
  if ((__dw_o && __dw_e)) && [[ ! -t 1 ]]; then
    builtin printf %s "$__dw_err" >&2
    __dw_e=0
  fi
  if ((__dw_o)); then builtin printf %s "$__dw_text"; fi
  if ((__dw_e)); then builtin printf %s "$__dw_err" >&2; fi
  return "$__dw_s"
}
__dw_take() {
  local had=\${-//[!C]/} i
  set -C
  while :; do
    for ((i = 1; i < ${ANSWER_PIPES}; i++)); do
      if { builtin true >"$DRYWALL_RUN/lock$i"; } 2>/dev/null; then
        [[ $had ]] || set +C
        __dw_slot=$i
        return
      fi
    done
    builtin read -rt 0.01 <>"$DRYWALL_RUN/never"
  done
}
# What a redirection has written is in a file by now: was it one of the kernel's, and did it take the value?
__dw_written() {
  local __dw_where=\${BASH_SOURCE[2]:-bash}
  [[ $- == *i* ]] || __dw_where+=": line \${BASH_LINENO[1]}"
  __dw_call ${WRITTEN} "$__dw_where" "$1"
}
# A builtin that says what a name is: tools are programs to it, unless the script has a function of that name.
__dw_named() {
  (
    for __dw_all; do
      [[ $(builtin declare -f -- "$__dw_all") != *__dw_* ]] || builtin unset -f -- "$__dw_all"
    done
    builtin "$@"
  )
}
__dw_sudo() {
  while [[ \${1-} == -* || \${1-} == *=* ]]; do
    case $1 in
      --) shift; break ;;
      -[ughpCTrt]) shift 2 ;;
      -*) shift ;;
      *=*) local -x "$1"; shift ;;
    esac
  done
  "$@"
}
`;
