// How a Latin word sounds, roughly and in English: spellings that sound alike get the same key. In the manner of Metaphone:
// consonants are kept, by sound, and vowels forgotten; how the vowels sound tells which of the words with one key is nearest.

/** Applied in this order. Capitals are sounds: X as in `ship`, C as in `chip`. */
const SOUNDS: readonly (readonly [RegExp, string])[] = [
  [/x/g, 'ks'],
  [/^(?:kn|gn|pn)/, 'n'],
  [/^wr/, 'r'],
  [/^ps/, 's'],
  [/sch/g, 'sk'],
  [/tch/g, 'C'],
  [/[tsc]io(?=[nu])/g, 'Xu'],
  [/[tc]ia/g, 'Xa'],
  [/sh/g, 'X'],
  [/ch(?=[rl])/g, 'k'],
  [/ch/g, 'C'],
  [/ph/g, 'f'],
  [/qu/g, 'kw'],
  [/ck/g, 'k'],
  [/sc(?=[eiy])/g, 's'],
  [/c(?=[eiy])/g, 's'],
  [/[cq]/g, 'k'],
  [/gh(?=t|$)/g, ''],
  [/gh/g, 'g'],
  [/z/g, 's'],
  [/(.)\1+/g, '$1'],
  [/ea|ee|ie|ei|ey|y/g, 'i'],
  [/ou|oo|ue|ew/g, 'u'],
  [/ai|ay|ae/g, 'a'],
];

/** The word as it sounds, vowels included. */
export function soundOf(word: string): string {
  return SOUNDS.reduce((sound, [pattern, by]) => sound.replace(pattern, by), word);
}

/** Only what is hard to mishear; a first vowel counts as one. */
export function soundKey(sound: string): string {
  return sound
    .replace(/^[aeiou]+/, 'A')
    .replace(/[aeiouhw]+/g, '')
    .replace(/(.)\1+/g, '$1');
}
