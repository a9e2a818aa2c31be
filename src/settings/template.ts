import { isoText } from '../posthog/event'
import { ownProperty } from '../json'
import type { Properties } from '../json'
import type { Field } from './field'
import type { EventWithPerson } from '../posthog/person'
import { nearestName } from './similar-name'
import { scalar } from '../loops/values'
import type { LoopsValue } from '../loops/values'

/** Text and placeholders in the order of the setting, without empty texts. */
export type Template = readonly (string | Placeholder)[]

type Placeholder =
  | { readonly of: 'event'; readonly field: EventField }
  | { readonly of: 'event properties' | 'person properties'; readonly name: string; readonly path: readonly string[] }
  | { readonly of: 'person id' }

const EVENT_FIELDS = ['event', 'uuid', 'distinct_id', 'timestamp'] as const
type EventField = (typeof EVENT_FIELDS)[number]

/** Reads text with placeholders like `{event.properties.NAME}`. Rejects a wrong one and then returns `undefined`. */
export function parseTemplate(field: Field, text: string): Template | undefined {
  const doubleBraces = doubleBracesIn(text)
  if (doubleBraces !== undefined) {
    field.reject(text, doubleBraces)
    return undefined
  }
  const template: (string | Placeholder)[] = []
  let isRight = true
  let end = 0
  for (const match of text.matchAll(/\{([^{}]*)\}/g)) {
    template.push(text.slice(end, match.index))
    const placeholder = parsePlaceholder(match[1] ?? '')
    if (placeholder === undefined) {
      isRight = false
      field.reject(match[0], `is not a placeholder: write ${placeholderFor(match[1] ?? '') ?? ALL_PLACEHOLDERS}`)
    } else {
      template.push(placeholder)
    }
    end = match.index + match[0].length
  }
  template.push(text.slice(end))
  const outside = template.filter((part) => typeof part === 'string').join('')
  if (/[{}]/.test(outside)) {
    isRight = false
    field.reject(text, `${problemOfBraces(text, outside)}: write a placeholder like {person.properties.NAME}`)
  }
  return isRight ? template.filter((part) => part !== '') : undefined
}

const ALL_PLACEHOLDERS =
  '{event.properties.NAME}, {person.properties.NAME}, {person.id}, {event.event}, {event.uuid}, {event.distinct_id} or {event.timestamp}'

/** The placeholder that a text most likely means: `{person.properties.plan}` of `person.plan`; `undefined` if none. */
export function placeholderFor(text: string): string | undefined {
  const [, written = '', rest = ''] = /^\s*\$?(?:(\w+)\.)?([\w$][\w$.-]*)\s*$/.exec(text) ?? []
  const root = ROOTS.get(written.toLowerCase())
  const [first = '', ...path] = rest.split('.')
  // After the event or the person, a word like "properties" is that word; anywhere else it may be the name of a property.
  const isSecond = !['', 'properties'].includes(written.toLowerCase())
  const meant = isSecond ? nearestName(first, ['properties']) : first.toLowerCase()
  const name = meant === 'properties' ? path.join('.') : rest
  const isName = name !== '' && !/^\$\.|\.$/.test(name)
  if (!isName || (root === undefined && written !== '')) return undefined
  if (isPlaceholder(text)) return `{${text.trim()}}`
  const letters = name.toLowerCase().replace(/[_-]/g, '')
  const field = EVENT_FIELDS.find((one) => one.replace('_', '') === letters)
  if (field !== undefined) return `{event.${field}}`
  return (root === undefined ? ['event', 'person'] : [root]).map((one) => `{${one}.properties.${name}}`).join(' or ')
}

/** What people write before the name of a property. */
const ROOTS: ReadonlyMap<string, 'event' | 'person'> = new Map([
  ...['event', 'events', 'properties'].map((root) => [root, 'event'] as const),
  ...['person', 'persons', 'user', 'contact', 'traits'].map((root) => [root, 'person'] as const),
])

/** The problem of double braces, with the text of a single pair; `undefined` if the text has none around a name. */
export function doubleBracesIn(text: string): string | undefined {
  const [, name] = /\{\s*\{([^{}]*)\}\s*\}/.exec(text) ?? []
  return name === undefined ? undefined : `has double braces: write ${placeholderFor(name) ?? `{${name.trim()}}`}`
}

/** True for a text that is a placeholder between braces. */
function isPlaceholder(text: string): boolean {
  return parsePlaceholder(text) !== undefined
}

/** The problem of the braces in the text `outside` the placeholders. */
function problemOfBraces(text: string, outside: string): string {
  if (/\{\s*\{|\}\s*\}/.test(text)) return 'has double braces'
  if (!outside.includes('}')) return 'has a brace "{" without its "}"'
  if (!outside.includes('{')) return 'has a brace "}" without its "{"'
  return 'has braces that are not around a placeholder'
}

/**
 * Fills in a template. A template of one placeholder keeps the value's type; any other becomes text, in which a missing value
 * is an empty string. Returns `undefined` if the text is empty.
 */
export function templateValue(template: Template | LoopsValue, data: EventWithPerson): unknown {
  if (typeof template !== 'object') return template
  const [only] = template
  if (template.length === 1 && typeof only === 'object') return placeholderValue(only, data)
  const text = template
    .map((part) => (typeof part === 'string' ? part : String(scalar(placeholderValue(part, data)) ?? '')))
    .join('')
  return text.trim() === '' ? undefined : text
}

/** The value that a placeholder stands for; `undefined` if it is missing. */
export function placeholderValue(
  placeholder: Placeholder,
  { event, properties, person, personId }: EventWithPerson,
): unknown {
  switch (placeholder.of) {
    case 'event':
      return placeholder.field === 'timestamp' ? isoText(event.timestamp) : event[placeholder.field]
    case 'event properties':
      return propertyValue(properties, placeholder)
    case 'person properties':
      return propertyValue(person, placeholder)
    case 'person id':
      return personId
  }
}

/** True if the placeholder stands for a value of the person. */
export function readsPerson({ of }: Placeholder): boolean {
  return of === 'person properties' || of === 'person id'
}

function parsePlaceholder(text: string): Placeholder | undefined {
  const [, root, name] = /^(event|person)\.([^]+)$/.exec(text.trim()) ?? []
  if (root === undefined || name === undefined) return undefined
  if (name.startsWith('properties.') && name.length > 'properties.'.length) {
    const property = name.slice('properties.'.length)
    const of = root === 'event' ? 'event properties' : 'person properties'
    return { of, name: property, path: property.split('.') }
  }
  if (root === 'person') return name === 'id' ? { of: 'person id' } : undefined
  const field = EVENT_FIELDS.find((one) => one === name)
  return field && { of: 'event', field }
}

/** Looks the name up whole first, so that names with dots work, then as a path into nested objects. */
function propertyValue(properties: Properties, { name, path }: { name: string; path: readonly string[] }): unknown {
  const whole = ownProperty(properties, name)
  if (whole !== undefined || path.length === 1) return whole
  return path.reduce<unknown>(ownProperty, properties)
}
