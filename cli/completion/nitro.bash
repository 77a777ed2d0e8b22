# Completion of nitro for bash: the words come from nitro itself.
_nitro() {
  local nitro=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} line found
  case $nitro in "~/"*) nitro=$HOME/${nitro#"~/"} ;; esac
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files | :folders)
        compopt -o filenames 2>/dev/null
        while IFS= read -r found; do COMPREPLY+=("$found"); done < <(
          if [ "$line" = :files ]; then compgen -f -- "$current"; else compgen -d -- "$current"; fi
        )
        ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("$nitro" complete-words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _nitro nitro
