/** Names that look like another: the usual reason why a name in the settings finds nothing. */
import type { Properties } from '../json'
import { quoted } from '../redact'
import { matchesWildcard } from './event-names'
import type { EventNames } from './event-names'

/**
 * Why the names do not name the event, although one of them looks like it: an exclusion matches, or capitals, spaces or
 * punctuation are the only difference. `undefined` if no name looks like it.
 */
export function whyNotNamed({ exact, wildcards, excluded }: EventNames, event: unknown): string | undefined {
  if (typeof event !== 'string' || event === '') return undefined
  const named = [...exact.values(), ...wildcards]
  const exclusion = excluded.find(({ pieces }) => matchesWildcard(pieces, event))
  if (exclusion !== undefined && named.some(({ pieces }) => matchesWildcard(pieces, event))) {
    return `${quoted(`!${exclusion.pieces.join('*')}`)} excludes it`
  }
  for (const [difference, simplified] of SIMPLIFICATIONS) {
    const similar = named.find(
      ({ pieces }) => !isWildcardOfSigns(pieces) && matchesWildcard(pieces.map(simplified), simplified(event)),
    )
    if (similar !== undefined) return differenceOf(event, similar.pieces.join('*'), difference)
  }
  return undefined
}

/** A name that looks like a missing one, and how it differs. */
export interface SimilarName {
  readonly name: string
  readonly clause: string
}

/** Of the properties, the one whose name looks like the missing one: the one that differs least. */
export function similarProperty(missing: string, properties: Properties): SimilarName | undefined {
  const names = Object.keys(properties)
  for (const [difference, simplified] of SIMPLIFICATIONS) {
    const wanted = simplified(missing)
    const name = wanted === '' ? undefined : names.find((one) => simplified(one) === wanted)
    if (name !== undefined) return { name, clause: differenceOf(name, missing, difference) }
  }
  return undefined
}

function differenceOf(name: string, wanted: string, difference: string): string {
  return `${quoted(name)} differs from ${quoted(wanted)} only in ${difference}`
}

/** Without its punctuation, `$*` would look like every name. */
function isWildcardOfSigns(pieces: readonly string[]): boolean {
  return withoutSigns(pieces.join('')) === ''
}

const withoutSpaces = (text: string): string => text.replace(/\s+/g, '')
const withoutSigns = (text: string): string => text.replace(/[\s$_-]+/g, '')

const SIMPLIFICATIONS: readonly (readonly [difference: string, simplified: (text: string) => string])[] = [
  ['capitals', (text) => text.toLowerCase()],
  ['spaces', withoutSpaces],
  ['capitals and spaces', (text) => withoutSpaces(text.toLowerCase())],
  ['punctuation', withoutSigns],
  ['capitals and punctuation', (text) => withoutSigns(text.toLowerCase())],
]

/**
 * The known name that a misspelled one most likely means: one that differs in at most two letters, and in at most two of five,
 * or the only one that continues it. Capitals, spaces and punctuation do not count.
 */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const letters = lettersAndDigits(written)
  const most = Math.min(2, Math.floor(letters.length * 0.4))
  const distances = names.map((name) => editDistance(letters, lettersAndDigits(name)))
  const least = Math.min(...distances)
  if (least <= most) return names[distances.indexOf(least)]
  // The last letters may be those of a plural: eventProps.
  const start = letters.slice(0, -1)
  const continued = names.filter((name) => start.length > 6 && lettersAndDigits(name).startsWith(start))
  return continued.length === 1 ? continued[0] : undefined
}

/** The name in lower case without spaces and punctuation, which people mistype most often. */
function lettersAndDigits(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

/** The Levenshtein distance of two texts. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const letter of one) {
    const next = [(row[0] ?? 0) + 1]
    for (let index = 1; index <= other.length; index++) {
      const swapped = (row[index - 1] ?? 0) + (letter === other[index - 1] ? 0 : 1)
      next.push(Math.min(swapped, (row[index] ?? 0) + 1, (next[index - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
