/**
 * The bash side of a run: each cloned tool is a function that asks the resident process over a pipe, so a command costs no
 * new process. `$DRYWALL_RUN` is the run's folder: `req` carries requests, `r0`…`rN` answers. A request is one write of less
 * than PIPE_BUF, so those of subshells and background jobs never mix; longer ones go through a file. The shell that was
 * started owns answer pipe 0; any other process takes a free one by making its lock file (noclobber makes that atomic) and
 * says when it is done with it.
 */

/** Tools that read standard input only when told so: an extended regular expression over "NAME ARGUMENTS". */
const READS_STDIN = [
  // -restore reads a file where one is named; -T, -M and -w take a word of their own.
  '^[a-z0-9-]*tables(-nft|-legacy)?-restore(-translate)?( -[TMw] [^ ]+| --(table|modprobe|wait)[ =][^ ]+| -[^ ]*)*$',
  '^iptables-xml( -[^ ]*)*$',
  '^nft .*(-[a-z]*f|--file)[ =]?(-|/dev/stdin)( |$)',
  '^nft (.* )?(-i|--interactive)( |$)',
  '^conntrack .*(-R|--load-file)[ =]?-( |$)',
  '^ipset (restore|-R|--restore)( -[!qx]*)*$',
  '^ipset -$',
  '^sysctl .*(-p|--load)[ =]?-( |$)',
].join('|');

/** Asked after a builtin has written to a file: the kernel's refusal, if it was one of its own. */
export const WRITTEN = ':written';

/** Asked for what can be typed next. */
export const COMPLETE = ':complete';

/** A completion function of bash; COMP_WORDS as readline has cut them, so that `set@` is one word only where the tools say so. */
export const WRITES_COMPLETION = `__dw_complete() { mapfile -t COMPREPLY < <(__dw_call ${COMPLETE} "\${COMP_WORDS[@]:0:COMP_CWORD+1}"); }`;

/** Answer pipes: how many subshells and background jobs can have a command under way at once. */
export const ANSWER_PIPES = 64;

const quote = (s: string): string => `'${s.replaceAll("'", "'\\''")}'`;

/** Text that bash sources before a script, after `core`. `tools`: names answered by the resident process. */
export function prelude(tools: readonly string[], folders: readonly string[]): string {
  const names = tools.flatMap((t) => [t, ...folders.map((f) => `${f}/${t}`)]);
  return `. "$DRYWALL_RUN/core"
${names.map((n) => `function ${n} { ${UNTRACED} __dw_call ${quote(n.replace(/^.*\//, ''))} "$@" || return; }`).join('\n')}
${['sudo', '/usr/bin/sudo'].map((n) => `function ${n} { ${UNTRACED} __dw_sudo "$@" || return; }`).join('\n')}
${['echo', 'printf'].map((n) => `function ${n} { ${UNTRACED} builtin ${n} "$@" || return; [[ ! -f /dev/fd/1 ]] || __dw_written ${n} || return; }`).join('\n')}
function tee { ${UNTRACED} command tee "$@" || return; [[ $* != *proc/sys/* ]] || __dw_written tee || return; }
`;
}

/** `set -x` shows the command, as it does for a program, and not how it is answered. */
const UNTRACED = '{ local -; set +x; } 2>&-;';

/** How any bash asks the resident process. */
export const core = (): string => `# drywall: asking the resident process
if [[ -z \${__dw_req-} || \${__dw_owner-} != "$BASHPID" ]]; then
  exec {__dw_req}<>"$DRYWALL_RUN/req"
  __dw_owner=$BASHPID
  __dw_res=
  if [[ \${DRYWALL_SHELL-} == "$BASHPID" || -z \${DRYWALL_SHELL-} ]]; then
    export DRYWALL_SHELL=$BASHPID
    exec {__dw_res}<>"$DRYWALL_RUN/r0"
  fi
fi
__dw_reads=${quote(READS_STDIN)}
__dw_take() {
  local had=\${-//[!C]/} i
  set -C
  while :; do
    for ((i = 1; i < ${ANSWER_PIPES}; i++)); do
      if { : >"$DRYWALL_RUN/lock$i"; } 2>/dev/null; then
        [[ $had ]] || set +C
        __dw_slot=$i
        return
      fi
    done
    read -rt 0.01 <>"$DRYWALL_RUN/never"
  done
}
__dw_call() {
  local IFS=' ' __dw_slot=0 __dw_fd=$__dw_res __dw_in= __dw_all="$*" __dw_s __dw_o __dw_e __dw_text
  case $1 in
    nft | conntrack | ipset | sysctl | *-restore* | *-xml)
      # A glob first: bash compiles a regular expression anew each time.
      if [[ $__dw_all == *@(-|restore)* && $__dw_all =~ $__dw_reads ]]; then
        __dw_in=$DRYWALL_RUN/in.$BASHPID
        command cat >|"$__dw_in"
      fi
      ;;
    nc | netcat)
      # -z sends nothing.
      if [[ $__dw_all != *' -'*([a-zA-Z0-9])z* ]]; then
        __dw_in=$DRYWALL_RUN/in.$BASHPID
        command cat >|"$__dw_in"
      fi
      ;;
  esac
  if [[ -n \${DRYWALL_LINES-} ]]; then
    local __dw_up=1
    while [[ \${FUNCNAME[__dw_up]} == __dw_sudo || \${FUNCNAME[__dw_up + 1]-} == __dw_sudo ]]; do ((__dw_up++)); done
    set -- :at "\${BASH_LINENO[__dw_up]}" "$@"
  fi
  if [[ $BASHPID != "$DRYWALL_SHELL" || -z $__dw_fd ]]; then
    __dw_take
    exec {__dw_fd}<>"$DRYWALL_RUN/r$__dw_slot"
  fi
  if ((4 * (\${#__dw_all} + \${#PWD}) + $# > 3800)); then
    builtin printf '%s\\0' "$@" >|"$DRYWALL_RUN/arg.$BASHPID"
    builtin printf '%s\\0' "$__dw_slot" "$BASHPID" "$__dw_in" "$PWD" -1 >&"$__dw_req"
  else
    builtin printf '%s\\0' "$__dw_slot" "$BASHPID" "$__dw_in" "$PWD" $# "$@" >&"$__dw_req"
  fi
  read -r -u "$__dw_fd" __dw_s __dw_o __dw_e
  if ((__dw_o | __dw_e)); then
    # Lengths are bytes; below zero where a byte is not always a character.
    if ((__dw_o < 0 || __dw_e < 0)); then
      local LC_ALL=C
      ((__dw_o = -__dw_o, __dw_e = -__dw_e))
    fi
    local __dw_err=
    if ((__dw_o)); then IFS= read -r -N "$__dw_o" -u "$__dw_fd" __dw_text; fi
    if ((__dw_e)); then IFS= read -r -N "$__dw_e" -u "$__dw_fd" __dw_err; fi
    # Programs keep standard output until they end, unless it is a terminal.
    if ((__dw_o && __dw_e)) && [[ ! -t 1 ]]; then
      builtin printf %s "$__dw_err" >&2
      __dw_e=0
    fi
    if ((__dw_o)); then builtin printf %s "$__dw_text"; fi
    if ((__dw_e)); then builtin printf %s "$__dw_err" >&2; fi
  fi
  if ((__dw_slot)); then
    exec {__dw_fd}>&-
    builtin printf '%s\\0' "$__dw_slot" "$BASHPID" '' '' 0 >&"$__dw_req"
  fi
  return "$__dw_s"
}
# What a redirection has written is in a file by now: was it one of the kernel's, and did it take the value?
__dw_written() {
  local __dw_where=\${BASH_SOURCE[2]:-bash}
  [[ $- == *i* ]] || __dw_where+=": line \${BASH_LINENO[1]}"
  __dw_call ${WRITTEN} "$__dw_where" "$1"
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

/** A program of the tool's name for whoever is not bash: xargs, timeout, sh, find. `-p` keeps it from reading the prelude. */
export const shim = (name: string, bash: string): string => `#!${bash} -p
DRYWALL_SHELL=none
. "$DRYWALL_RUN/core"
${name === 'sudo' ? '__dw_sudo' : `__dw_call ${quote(name)}`} "$@"
`;
