/** Properties that inputs read and an event lacks, although it has one whose name looks alike. */
import type { Globals } from './globals'
import type { Inputs } from './inputs'
import { similarProperty } from './similar-names'
import type { HogParser } from './syntax-tree'

/** A property of the event or the person that an input reads. */
export interface ReadProperty {
  readonly root: 'event' | 'person'
  readonly name: string
}

/** The properties that the texts of the inputs read. */
export function propertiesReadBy(inputs: Inputs, parser: HogParser): ReadProperty[] {
  return Object.values(inputs)
    .flatMap(({ value }) => textsIn(value))
    .flatMap((text) => propertiesIn(parser.template(text)))
}

/** A clause for each property, like `person.properties.firstname: the event has firstName`. */
export function nearMissesOf(read: readonly ReadProperty[], globals: Globals): string[] {
  const clauses = read.flatMap(({ root, name }) => {
    const properties = globals[root]?.['properties'] ?? {}
    if (Object.hasOwn(properties, name)) return []
    const similar = similarProperty(name, properties as Record<string, unknown>)
    return similar === undefined ? [] : [`${root}.properties.${name}: the event has ${similar}`]
  })
  return [...new Set(clauses)]
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** `person.properties.plan` is a field, and `person.properties['a b']` an access to one. */
function propertiesIn(tree: unknown): ReadProperty[] {
  if (typeof tree !== 'object' || tree === null) return []
  const { chain, array, property } = tree as {
    chain?: unknown[]
    array?: { chain?: unknown[] }
    property?: { value?: unknown }
  }
  if (chain !== undefined) return propertyAt(chain)
  if (array?.chain?.length === 2) return propertyAt([...array.chain, property?.value])
  return Object.values(tree).flatMap(propertiesIn)
}

function propertyAt([root, properties, name]: readonly unknown[]): ReadProperty[] {
  const isProperty = (root === 'event' || root === 'person') && properties === 'properties' && typeof name === 'string'
  return isProperty ? [{ root, name }] : []
}
