/** An id of fewer characters, such as `7`, stands in texts that mean something else. */
const tellingLength = 8;

/** Whether a text, such as a path, names one of these ids as a word of its own: texts of other people's things only look alike. */
export const mentions = (text: string, ids: Iterable<string>): boolean => [...ids].some((id) => id.length >= tellingLength && hasWord(text, id));

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!isWordCharacter(text[at - 1]) && !isWordCharacter(text[at + word.length])) return true;
  }
  return false;
}

const isWordCharacter = (character: string | undefined): boolean => character !== undefined && /[0-9A-Za-z]/.test(character);
