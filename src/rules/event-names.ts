import type { Field } from '../panel/field'
import { parseEntries, parseList } from '../panel/lists'

interface EventPattern {
  /** The text between the `*` of the pattern. */
  readonly pieces: readonly string[]
  readonly loopsName?: string
}

export interface EventNames {
  readonly exact: ReadonlyMap<string, EventPattern>
  readonly wildcards: readonly EventPattern[]
  readonly excluded: readonly EventPattern[]
}

export function parseEventNames(field: Field, { renamed }: { renamed: boolean }): EventNames {
  const example = renamed ? '{"account:signup": "Signed up"}' : '["account:signup"]'
  const isObject = field.text.startsWith('{')
  const named = isObject ? parseEntries(field, example) : parseList(field, example).map((entry) => [entry] as const)
  if (named.length > 0 && isObject && !renamed)
    field.reject(field.text, 'gives names that this setting has no use for: write a list')

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
    field.reject(field.text, 'only leaves events out: put * first to send all others')
  }
  return {
    exact: new Map(included.filter(({ pieces }) => pieces.length === 1).map((pattern) => [pattern.entry, pattern])),
    wildcards: included.filter(({ pieces }) => pieces.length > 1),
    excluded: patterns.filter(({ entry }) => entry.startsWith('!')),
  }
}

/**
 * How an event is called in Loops.
 *
 * @returns the name of the pattern that matches, the event's own name if the pattern gives none, or `undefined` if no
 * pattern matches.
 */
export function nameInLoops({ exact, wildcards, excluded }: EventNames, event: unknown): string | undefined {
  if (typeof event !== 'string' || event === '') return undefined
  const pattern = exact.get(event) ?? wildcards.find(({ pieces }) => matchesWildcard(pieces, event))
  if (pattern === undefined) return undefined
  if (excluded.some(({ pieces }) => matchesWildcard(pieces, event))) return undefined
  return pattern.loopsName ?? event
}

/** Takes each piece at its first place behind the one before, so that no pattern costs more than one pass. */
function matchesWildcard(pieces: readonly string[], name: string): boolean {
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
