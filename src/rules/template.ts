import type { Field } from '../panel/field'
import type { EventWithPerson } from './person'
import { isoText } from '../event'
import { own } from '../json'
import type { Properties } from '../json'
import { scalar } from './values'
import type { LoopsValue } from './values'

type EventField = 'event' | 'uuid' | 'distinct_id' | 'timestamp'

type Placeholder =
  | { readonly of: 'event'; readonly field: EventField }
  | { readonly of: 'event properties' | 'person properties'; readonly name: string; readonly path: readonly string[] }
  | { readonly of: 'person id' }

/** Text and placeholders in turn, as written. */
export type Template = readonly (string | Placeholder)[]

/** `undefined` if something is wrong with it, which is reported then. */
export function parseTemplate(field: Field, text: string): Template | undefined {
  const template: (string | Placeholder)[] = []
  let isRight = true
  let end = 0
  for (const match of text.matchAll(/\{([^{}]*)\}/g)) {
    template.push(text.slice(end, match.index))
    const placeholder = parsePlaceholder(match[1] ?? '')
    if (placeholder === undefined) {
      isRight = false
      field.reject(
        match[0],
        'is not a placeholder: write {event.properties.NAME}, {person.properties.NAME}, {person.id}, ' +
          '{event.event}, {event.uuid}, {event.distinct_id} or {event.timestamp}',
      )
    } else {
      template.push(placeholder)
    }
    end = match.index + match[0].length
  }
  template.push(text.slice(end))
  if (template.some((part) => typeof part === 'string' && /[{}]/.test(part))) {
    isRight = false
    field.reject(text, 'has a brace too many: braces only stand around placeholders like {person.properties.NAME}')
  }
  return isRight ? template.filter((part) => part !== '') : undefined
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
  if (name === 'event' || name === 'uuid' || name === 'distinct_id' || name === 'timestamp') {
    return { of: 'event', field: name }
  }
  return undefined
}

export function isOfPerson({ of }: Placeholder): boolean {
  return of === 'person properties' || of === 'person id'
}

export function read(placeholder: Placeholder, { event, properties, person, personId }: EventWithPerson): unknown {
  switch (placeholder.of) {
    case 'event':
      return placeholder.field === 'timestamp' ? isoText(event.timestamp) : event[placeholder.field]
    case 'event properties':
      return lookUp(properties, placeholder)
    case 'person properties':
      return lookUp(person, placeholder)
    case 'person id':
      return personId
  }
}

function lookUp(properties: Properties, { name, path }: { name: string; path: readonly string[] }): unknown {
  const whole = own(properties, name)
  if (whole !== undefined || path.length === 1) return whole
  return path.reduce<unknown>(own, properties)
}

/** One placeholder keeps the type of what it finds; among text, what is missing adds nothing. */
export function resolve(template: Template | LoopsValue, data: EventWithPerson): unknown {
  if (typeof template !== 'object') return template
  const [only] = template
  if (template.length === 1 && typeof only === 'object') return read(only, data)
  const text = template
    .map((part) => (typeof part === 'string' ? part : String(scalar(read(part, data)) ?? '')))
    .join('')
  return text.trim() === '' ? undefined : text
}
