import { quoted } from '../redact'
import { matchesWildcard } from './event-names'
import type { EventNames } from './event-names'

/**
 * Why the names do not name the event, although one of them looks like it: an exclusion matches, or capitals or blanks are
 * all that differs. `undefined` if no name looks like it.
 */
export function whyNotNamed({ exact, wildcards, excluded }: EventNames, event: unknown): string | undefined {
  if (typeof event !== 'string' || event === '') return undefined
  const named = [...exact.values(), ...wildcards]
  const exclusion = excluded.find(({ pieces }) => matchesWildcard(pieces, event))
  if (exclusion !== undefined && named.some(({ pieces }) => matchesWildcard(pieces, event))) {
    return `${quoted(`!${exclusion.pieces.join('*')}`)} excludes it`
  }
  for (const [difference, simplified] of SIMPLIFICATIONS) {
    const similar = named.find(({ pieces }) => matchesWildcard(pieces.map(simplified), simplified(event)))
    if (similar !== undefined)
      return `${quoted(event)} differs from ${quoted(similar.pieces.join('*'))} only in ${difference}`
  }
  return undefined
}

const withoutBlanks = (text: string): string => text.replace(/\s+/g, '')

const SIMPLIFICATIONS: readonly (readonly [difference: string, simplified: (text: string) => string])[] = [
  ['capitals', (text) => text.toLowerCase()],
  ['blanks', withoutBlanks],
  ['capitals and blanks', (text) => withoutBlanks(text.toLowerCase())],
]
