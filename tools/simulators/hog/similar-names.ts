/** Names that look like another: the usual reason why a filter or a mapping finds nothing. */
import { quoted } from './property-filters'

const inSmallLetters = (text: string): string => text.toLowerCase()
const withoutSpaces = (text: string): string => text.replace(/\s+/g, '')
const withoutSigns = (text: string): string => text.replace(/[\s$_-]+/g, '')

const DIFFERENCES: readonly (readonly [difference: string, simplified: (text: string) => string])[] = [
  ['capitals', inSmallLetters],
  ['spaces', withoutSpaces],
  ['capitals and spaces', (text) => withoutSpaces(inSmallLetters(text))],
  ['punctuation', withoutSigns],
  ['capitals and punctuation', (text) => withoutSigns(inSmallLetters(text))],
]

/** How the name differs from another that looks like it, as a clause; `undefined` if it does not look like it. */
export function similarity(name: string, other: string): string | undefined {
  if (name === other || withoutSigns(other) === '') return undefined
  const [difference] = DIFFERENCES.find(([, simplified]) => simplified(name) === simplified(other)) ?? []
  return difference && `${quoted(name)} differs from ${quoted(other)} only in ${difference}`
}

/** The name of a property that looks like a missing one: the one that differs least. */
export function similarProperty(missing: string, properties: Readonly<Record<string, unknown>>): string | undefined {
  if (withoutSigns(missing) === '') return undefined
  const names = Object.keys(properties)
  const found = DIFFERENCES.map(([, simplified]) => names.find((name) => simplified(name) === simplified(missing)))
  return found.find((name) => name !== undefined)
}
