import type { Field } from './field'
import { isJson, isJsonObject, jsonFor, parseEntries, parseList, rejectMistake } from './lists'
import { commonMistakeIn } from './common-mistakes'
import type { CommonMistake } from './common-mistakes'

/** The events that a setting names. */
export interface EventNames {
  /** Names without `*`, by name. */
  readonly exact: ReadonlyMap<string, EventPattern>
  /** Names with `*`, in the order of the setting. */
  readonly wildcards: readonly EventPattern[]
  /** Names after `!`. */
  readonly excluded: readonly EventPattern[]
}

interface EventPattern {
  /** The texts between the `*` of the pattern. */
  readonly pieces: readonly string[]
  /** The event name in Loops, if the setting gives one. */
  readonly loopsName?: string
}

/**
 * Reads a list of event names, or a JSON object from PostHog names to Loops names. Entries that are wrong are rejected.
 *
 * @param options.renamed whether the setting takes Loops names.
 */
export function parseEventNames(field: Field, { renamed }: { renamed: boolean }): EventNames {
  const example = renamed ? '{"account:signup": "Signed up"}' : '["account:signup"]'
  const isObject = isJsonObject(field.text)
  const listed = isObject ? [] : parseList(field, example, literalName)
  const names = isJson(field.text) ? listed : listed?.flatMap((entry) => plainName(field, entry))
  const named = isObject ? parseEntries(field, example) : (names ?? []).map((entry) => [entry] as const)
  if (named.length > 0 && isObject && !renamed)
    field.reject(
      field.text,
      `has event names for Loops, which a contact update does not send: write a list like ${example}`,
    )

  const patterns = named.flatMap(([entry, loopsName]): (EventPattern & { entry: string })[] => {
    const pieces = entry.replace(/^!/, '').split('*')
    if (loopsName === undefined) return [{ entry, pieces }]
    if (typeof loopsName === 'string' && loopsName !== '' && !entry.startsWith('!'))
      return [{ entry, pieces, loopsName }]
    field.reject(entry, `needs the event name for Loops as text: write it like ${example}`)
    return []
  })
  const included = patterns.filter(({ entry }) => !entry.startsWith('!'))
  if (included.length === 0 && patterns.length > 0) {
    field.reject(field.text, 'only excludes events: put * first to include all others')
  }
  return {
    exact: new Map(included.filter(({ pieces }) => pieces.length === 1).map((pattern) => [pattern.entry, pattern])),
    wildcards: included.filter(({ pieces }) => pieces.length > 1),
    excluded: patterns.filter(({ entry }) => entry.startsWith('!')),
  }
}

/**
 * Finds the event's name in Loops: an exact name before a wildcard, and no name if an exclusion matches.
 *
 * @returns the Loops name of the pattern that matches, the event's own name if the pattern gives no Loops name, or
 * `undefined` if no pattern matches.
 */
export function nameInLoops({ exact, wildcards, excluded }: EventNames, event: unknown): string | undefined {
  if (typeof event !== 'string' || event === '') return undefined
  const pattern = exact.get(event) ?? wildcards.find(({ pieces }) => matchesWildcard(pieces, event))
  if (pattern === undefined) return undefined
  if (excluded.some(({ pieces }) => matchesWildcard(pieces, event))) return undefined
  return pattern.loopsName ?? event
}

/** Mistakes in an event name outside JSON: notations of other tools, which the app does not read. */
const NAME_MISTAKES: readonly CommonMistake[] = [
  [/[{}]|^<.*>$/, 'has braces or angle brackets: write the event name without them'],
  [/:\s/, 'has a colon and a space: write event names only; another name in Loops needs {"purchase": "Purchase"}'],
  [/=|->|→/, 'has "=" or an arrow: write event names only; another name in Loops needs {"purchase": "Purchase"}'],
  [/^-/, 'starts with "-": write ! before an event to leave it out'],
  [/^!|^$/, 'has no event name after "!": write one'],
  [/[\s*]!\S/, 'has "!" inside: write a comma before it'],
  [/\s(OR|AND)\s|^NOT\s/, 'has OR, AND or NOT: write commas between events, and ! before an event to leave it out'],
  [/[：＊！]/, 'has a character of another script: write the plain one'],
  [/^\^|\$$|^\(\?|^\.[*+?]|\.\+|\\|^\/.*\/\w*$|\][*+?{]/, 'looks like a regular expression: write * for any text'],
  [/^%|%$/, 'starts or ends with "%": write * for any text'],
  [
    /^(all|any|all events|everything)$|^(all|any|everything)\b.*\b(but|except|without)\s/i,
    'is not the name of an event: write * for every event',
  ],
  [/^(none|null|undefined|n\/a)$/i, 'is not the name of an event: leave the setting empty for no events'],
]

/** An entry outside JSON, without the spaces after its `!`; empty if it is rejected. */
function plainName(field: Field, entry: string): string[] {
  const name = entry.replace(/^!\s*/, '')
  const mistake = commonMistakeIn(name, NAME_MISTAKES)
  if (mistake === undefined) return [entry.startsWith('!') ? `!${name}` : name]
  rejectMistake(field, entry, mistake, literalName(entry))
  return []
}

function literalName(entry: string): string {
  return jsonFor([entry])
}

/** True if the name consists of the pieces with any text between them. Takes the first occurrence of each piece after the piece before it, so that one pass over the name is enough. */
export function matchesWildcard(pieces: readonly string[], name: string): boolean {
  const first = pieces[0] ?? ''
  const last = pieces[pieces.length - 1] ?? ''
  if (pieces.length === 1) return name === first
  if (!name.startsWith(first) || !name.endsWith(last)) return false
  let position = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, position)
    if (found < 0) return false
    position = found + piece.length
  }
  return position <= name.length - last.length
}
