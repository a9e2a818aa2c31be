/** The text of an input, taken apart at its braces, and as the template that the app's rules of identity look at. */
import type { Template } from '../../src/settings/template'

/**
 * Parses the text of an input as PostHog does when the function is saved.
 *
 * @returns the syntax tree.
 * @throws Error that says what is wrong with the Hog between the braces.
 */
export type ParseText = (text: string) => unknown

/** A part of a text: literal text, or the Hog between a pair of braces. */
type Part = { readonly text: string } | { readonly hog: string }

/** A name in Hog and its properties: `['person', 'properties', 'email']`. */
export type Chain = readonly (string | number)[]

/** Takes a text apart at its braces; PostHog's parser has accepted it, so each brace has its partner. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = []
  let literal = ''
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? ''
    if (sign === '\\') literal += text[++at] ?? ''
    else if (sign !== '{') literal += sign
    else {
      const end = endOfBraces(text, at)
      parts.push({ text: literal }, { hog: text.slice(at + 1, end) })
      literal = ''
      at = end
    }
  }
  return [...parts, { text: literal }].filter((part) => !('text' in part) || part.text !== '')
}

/** The index of the brace that closes the one at `start`; quotes may hold braces. */
function endOfBraces(text: string, start: number): number {
  let depth = 0
  for (const { 0: found, index } of text.slice(start).matchAll(/'(?:\\.|[^'\\])*'|[{}]/gs)) {
    if (found === '{') depth += 1
    if (found === '}') depth -= 1
    if (depth === 0) return start + index
  }
  return text.length
}

/** The text with `{}` for each pair of braces. */
export function outsideBraces(text: string): string {
  return partsOf(text)
    .map((part) => ('text' in part ? part.text : '{}'))
    .join('')
}

/** What the syntax tree reads: `event.distinct_id`, `person.properties['full name']`. */
export function chainsIn(tree: unknown): Chain[] {
  if (typeof tree !== 'object' || tree === null) return []
  if ('node' in tree && tree.node === 'Field' && 'chain' in tree) return [tree.chain as Chain]
  return Object.values(tree).flatMap(chainsIn)
}

/** The text as a template of the app: one placeholder for each value of the event or the person that it reads. */
export function templateOf(text: string, parse: ParseText): Template {
  return partsOf(text).flatMap((part): Template => {
    if ('text' in part) return [part.text]
    return chainsIn(parse(`{${part.hog}}`)).flatMap(placeholderOf)
  })
}

function placeholderOf([root, first, ...path]: Chain): Template {
  const name = path.join('.')
  if (root === 'person' && first === 'properties') return [{ of: 'person properties', name, path: [name] }]
  if (root === 'event' && first === 'properties') return [{ of: 'event properties', name, path: [name] }]
  if (root === 'event') return isFieldOfEvent(first) ? [{ of: 'event', field: first }] : []
  return root === 'person' || root === 'groups' || root === 'inputs' ? [{ of: 'person id' }] : []
}

function isFieldOfEvent(name: unknown): name is 'event' | 'uuid' | 'distinct_id' | 'timestamp' {
  return name === 'event' || name === 'uuid' || name === 'distinct_id' || name === 'timestamp'
}
