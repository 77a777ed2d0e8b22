# Completion of nitro for fish: the words come from nitro itself.
function __nitro_complete
    set -l given (commandline -opc)
    set -l current (commandline -ct)
    set -l nitro (string replace -r '^~/' "$HOME/" -- $given[1])
    set -e given[1]
    for line in ($nitro complete-words $given $current 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path $current
            case :folders
                __fish_complete_directories $current
            case '*'
                printf '%s\n' $line
        end
    end
end
complete -c nitro -f -a '(__nitro_complete)'
