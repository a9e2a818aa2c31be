/**
 * Common mistakes in a list or a mapping outside JSON: characters that other tools, spreadsheets and word processors put between or around
 * entries. The app would read them as a part of a name, which no event or property has. JSON takes each of them literally.
 */

/** The pattern of a mistake, and the message about it: a problem that ends with the remedy. */
export type CommonMistake = readonly [pattern: RegExp, problem: string]

/** The problem of an entry that stands in a list of lines. */
export const BULLET = 'has a dash or a bullet before an entry: write commas between entries'

const COMMON_MISTAKES: readonly CommonMistake[] = [
  // An apostrophe between two letters is no quotation mark: the user's plan.
  [/["“”„‟«»‹›「」`]|(?:^|[^\p{L}\p{N}])['‘’‚]|['‘’‚](?:[^\p{L}\p{N}]|$)/u, 'has quotation marks: remove them'],
  [
    /[\u00a0\u00ad\u180e\u2000-\u200b\u200e\u200f\u202a-\u202f\u205f-\u206f\u3000\ufeff]/,
    'has an invisible character: type the text again',
  ],
  [/\{[^{}]*\|/, 'has "|" inside braces: write one name in each pair of braces'],
  [/[;；]/, 'has ";": write commas between entries'],
  [/[|｜]/, 'has "|": write commas between entries'],
  [/[，、]/, 'has a comma of another script: write plain commas between entries'],
  [/[\p{Cc}\u2028\u2029]/u, 'has a line break or a tab: write commas between entries'],
  [/^[-–—•·‣▪◦]\s/, BULLET],
  [/^\d+[.)]\s/, 'has a number before an entry: write commas between entries'],
  [/^\/\/|^#\s|\/\*.*\*\/|\s\/\/\s/, 'has a comment: remove it'],
]

/** The problem of the first mistake in an entry outside JSON; `undefined` if there is none. */
export function commonMistakeIn(
  entry: string,
  mistakes: readonly CommonMistake[] = COMMON_MISTAKES,
): string | undefined {
  return mistakes.find(([pattern]) => pattern.test(entry))?.[1]
}
