/** Asks what may stand at a place of a command line. Only the scripts of `nitro completion` say it. */
export const completionWord = "complete-words";
