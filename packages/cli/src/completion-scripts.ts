/** What the shells source. The words are completed by the command itself, so the scripts never grow old. */
export const completionScripts: Readonly<Record<string, string>> = {
  bash: `_opensds() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(opensds --complete-words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _opensds opensds
`,
  zsh: `#compdef opensds
_opensds() {
  local -a found
  found=("\${(@f)$(opensds --complete-words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "$found" ]] && compadd -- $found || _files
}
compdef _opensds opensds
`,
  fish: `complete -c opensds -a '(opensds --complete-words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};
