import type { Field } from '../panel/field'
import { isJson, parseEntries } from '../panel/lists'
import { parsePlainTemplate } from './plain-template'
import { nameProblem } from './property-names'
import { parseTemplate } from './template'
import type { Template } from './template'
import { parseBoolean } from './values'
import type { LoopsValue } from './values'

/** Names in Loops, of properties or mailing lists, with their values: constants, or templates to fill in for each event. */
export type Mapping = ReadonlyMap<string, Template | LoopsValue>

/**
 * Reads a property mapping: `name: value` entries or a JSON object. Names and values that are wrong are rejected.
 *
 * @param problemOf tells why a name cannot be used, or `undefined`.
 */
export function parseMapping(field: Field, problemOf: (name: string) => string | undefined): Mapping {
  const mapping = new Map<string, Template | LoopsValue>()
  const example = '{"plan": "{person.properties.plan}"}'
  const parse = isJson(field.text) ? parseTemplate : parsePlainTemplate
  for (const [written, value] of parseEntries(field, example)) {
    const name = written.trim()
    const problem = problemOf(name)
    if (problem !== undefined) field.reject(name, problem)
    if (typeof value === 'string') mapping.set(name, parse(field, value, example) ?? [])
    else if (typeof value === 'number' || typeof value === 'boolean') mapping.set(name, value)
    else field.reject(value, `cannot be the value of "${name}": write a text, a number, true or false`)
  }
  return mapping
}

/** Reads mailing lists: each ID with `true`, `false` or a single placeholder. Any other value is rejected. */
export function parseMailingLists(field: Field): Mapping {
  const lists = new Map<string, Template | LoopsValue>()
  const example = '{"cm06f5v0e45nf0ml5754o9cix": true}'
  const parse = isJson(field.text) ? parseTemplate : parsePlainTemplate
  for (const [id, value] of parseEntries(field, example)) {
    const problem = nameProblem(id)
    if (problem !== undefined) field.reject(id, problem)
    const template = typeof value === 'string' ? parse(field, value, example) : []
    if (template === undefined) continue
    const written = typeof value === 'string' ? parseBoolean(value) : value
    if (typeof written === 'boolean') lists.set(id, written)
    else if (template.length === 1 && typeof template[0] !== 'string') lists.set(id, template)
    else field.reject(value, `cannot be the value of list "${id}": write true, false or one placeholder`)
  }
  return lists
}
