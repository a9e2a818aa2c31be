import fc from 'fast-check'
import { writtenList, writtenObject } from './settings'

const name = fc.string({ unit: fc.constantFrom('a', 'a', 'a', 'b', ':', '.', '\n', '😀', '\\'), maxLength: 5 })
const pattern = fc.string({
  unit: fc.constantFrom('a', 'a', 'a', 'b', ':', '.', '*', '*', '*'),
  minLength: 1,
  maxLength: 5,
})

/** Entries of "Events to send", one of them at least no exclusion, and an event. */
const listCase = fc
  .record({
    included: fc.array(pattern, { minLength: 1, maxLength: 3 }),
    excluded: fc.array(pattern, { maxLength: 2 }),
    event: fc.oneof(name, pattern),
  })
  .map(({ included, excluded, event }) => ({
    text: writtenList([...excluded.map((entry) => `!${entry}`), ...included]),
    ...{ event, excluded },
    renamed: included.map((entry) => [entry, undefined] as const),
  }))

const objectCase = fc
  .record({
    renamed: fc.uniqueArray(fc.tuple(fc.oneof(pattern, fc.constant('__proto__')), fc.constantFrom('A', 'B:C')), {
      selector: ([entry]) => entry,
      minLength: 1,
      maxLength: 4,
    }),
    event: fc.oneof(name, pattern, fc.constant('__proto__')),
  })
  .map(({ renamed, event }) => ({ text: writtenObject(renamed), event, renamed, excluded: [] as string[] }))

/** What a setting says, and an event that it may want. */
export const nameCase = fc.oneof(listCase, objectCase)

type NameCase = typeof nameCase extends fc.Arbitrary<infer Case> ? Case : never

/** The event's name in Loops; `undefined` if the setting does not ask for the event. */
export function nameInLoops({ event, renamed, excluded }: NameCase): string | undefined {
  if (event === '' || excluded.some((entry) => matches(entry, event))) return undefined
  const wanted =
    renamed.find(([entry]) => entry === event && !entry.includes('*')) ??
    renamed.find(([entry]) => matches(entry, event))
  return wanted && (wanted[1] ?? event).split(':').join('_')
}

function matches(entry: string, event: string): boolean {
  const pieces = entry.split('*').map((piece) => piece.replace(/[.\\]/g, '\\$&'))
  return new RegExp(`^${pieces.join('[^]*')}$`).test(event)
}
