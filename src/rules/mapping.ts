import { parseTemplate } from './template'
import type { Template } from './template'
import { LONGEST_JSON, fits, subscription } from './values'
import type { LoopsValue } from './values'
import type { Field } from '../panel/field'
import { parseEntries } from '../panel/lists'

export type Mapping = ReadonlyMap<string, Template | LoopsValue>

/** Names that have a setting of their own, and names that Loops keeps for itself. */
export const OWN_SETTING = new Set(['email', 'userId', 'eventName', 'eventProperties', 'mailingLists'])

const RESERVED = new Set(['id', 'listId', 'softDeleteAt', 'teamId', 'updatedAt', 'optInStatus', '__proto__'])

export function contactNameProblem(name: string): string | undefined {
  if (OWN_SETTING.has(name)) return 'has a setting of its own: take it out of the mapping'
  if (RESERVED.has(name)) return 'is reserved by Loops: choose another name'
  return nameProblem(name)
}

export function nameProblem(name: string): string | undefined {
  if (name === '' || name === '__proto__') return 'cannot be used as a name: choose another'
  return fits(name) ? undefined : `is longer than the ${LONGEST_JSON} characters that Loops allows: shorten it`
}

export function parseMapping(field: Field, problemOf: (name: string) => string | undefined): Mapping {
  const mapping = new Map<string, Template | LoopsValue>()
  for (const [written, value] of parseEntries(field, '{"plan": "{person.properties.plan}"}')) {
    const name = written.trim()
    const problem = problemOf(name)
    if (problem !== undefined) field.reject(name, problem)
    if (typeof value === 'string') mapping.set(name, parseTemplate(field, value) ?? [])
    else if (typeof value === 'number' || typeof value === 'boolean') mapping.set(name, value)
    else field.reject(value, `cannot be the value of "${name}": write a text, a number, true or false`)
  }
  return mapping
}

export function parseMailingLists(field: Field): Mapping {
  const lists = new Map<string, Template | LoopsValue>()
  for (const [id, value] of parseEntries(field, '{"cm06f5v0e45nf0ml5754o9cix": true}')) {
    const problem = nameProblem(id)
    if (problem !== undefined) field.reject(id, problem)
    const template = typeof value === 'string' ? parseTemplate(field, value) : []
    if (template === undefined) continue
    const written = typeof value === 'string' ? subscription(value) : value
    if (typeof written === 'boolean') lists.set(id, written)
    else if (template.length === 1 && typeof template[0] !== 'string') lists.set(id, template)
    else field.reject(value, `cannot be the value of list "${id}": write true, false or one placeholder`)
  }
  return lists
}
