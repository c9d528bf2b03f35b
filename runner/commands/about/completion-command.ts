import { UsageError } from "../../core/diagnostic.js";
import { DONE } from "../call/exit.js";
import { print, type Session } from "../call/session.js";

/** `vistas completion SHELL`: a script that completes verbs, options, pipelines, steps, labels, params and runs by `vistas complete`. */
export function completionCommand(session: Session, [shell = ""]: string[]): Promise<number> {
  const script = SCRIPTS[shell];
  if (script === undefined)
    throw UsageError.ofCall(
      "bad-call",
      `there is no completion for ${shell === "" ? "no shell" : shell}`,
      "There is bash, zsh and fish. For example: vistas completion bash > ~/.local/share/bash-completion/completions/vistas",
    );
  print(session, script);
  return Promise.resolve(DONE);
}

const SCRIPTS: Readonly<Record<string, string>> = {
  // Bash takes `=` for the end of a word, and replaces what comes after it.
  bash: `_vistas() {
  local line="\${COMP_LINE:0:COMP_POINT}" words word cut
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  word="\${words[-1]}"
  cut="\${word%"\${word##*[=:]}"}"
  mapfile -t COMPREPLY < <(vistas complete -- "\${words[@]:1}" 2> /dev/null)
  COMPREPLY=("\${COMPREPLY[@]#"$cut"}")
  [[ \${#COMPREPLY[@]} == 1 && "\${COMPREPLY[0]}" == *= ]] && compopt -o nospace
}
complete -o default -F _vistas vistas`,
  zsh: `#compdef vistas
_vistas() {
  local -a found
  found=("\${(@f)$(vistas complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)}")
  found=(\${found:#})
  if (( \${#found} )); then compadd -S '' -a found; else _files; fi
}
if [ "$funcstack[1]" = "_vistas" ]; then _vistas "$@"; else compdef _vistas vistas; fi`,
  fish: `complete -c vistas -a '(vistas complete -- (commandline -opc)[2..] (commandline -ct) 2> /dev/null)'`,
};
