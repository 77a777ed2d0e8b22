#compdef nitro
# Completion of nitro for zsh: the words come from nitro itself.
_nitro() {
  local nitro=${(e)~words[1]} line word
  local -a offers
  for line in "${(@f)$("$nitro" complete-words "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) _files ;;
      :folders) _files -/ ;;
      *)
        word=${line%%$'\t'*}
        offers+=("${word//:/\\:}${${line#"$word"}/$'\t'/:}")
        ;;
    esac
  done
  (( $#offers )) && _describe nitro offers
}
compdef _nitro nitro
