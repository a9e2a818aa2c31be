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
