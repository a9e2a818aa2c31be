import type { Field } from './field'
import { IS_REPEATED, isJson, jsonFor, parseEntries } from './lists'
import { parsePlainTemplate } from './plain-template'
import { contactNameProblem, nameProblem } from '../loops/property-names'
import { parseTemplate } from './template'
import type { Template } from './template'
import type { LoopsValue } from '../loops/values'

/** Names in Loops, of properties or mailing lists, with their values: constants, or templates to fill in for each event. */
export type Mapping = ReadonlyMap<string, Template | LoopsValue>

/**
 * Reads a property mapping: `name: value` entries or a JSON object. Names and values that are wrong are rejected.
 *
 * @param problemOf returns why a name cannot be used, or `undefined`.
 */
export function parseMapping(field: Field, problemOf: (name: string) => string | undefined): Mapping {
  const example = '{"plan": "{person.properties.plan}"}'
  return mappingOf(field, { example, literal: literalPair }, problemOf, (name, value, parse) => {
    if (typeof value === 'string') {
      if (value === name && !isJson(field.text)) {
        field.reject(
          `${name}: ${value}`,
          `would send the text "${name}" for everybody: write ${example} for a property`,
        )
      }
      return parse(value) ?? []
    }
    if (typeof value === 'number' || typeof value === 'boolean') return value
    field.reject(value, `cannot be the value of "${name}": write text, a number, true or false`)
    return undefined
  })
}

/** Reads the mapping of contact properties. `subscribed` is true or false in Loops; any other value of it is rejected. */
export function parseContactMapping(field: Field): Mapping {
  const mapping = parseMapping(field, contactNameProblem)
  const subscribed = mapping.get('subscribed')
  const [only, ...others] = typeof subscribed === 'object' ? subscribed : [subscribed]
  const isRight = typeof only === 'object' || only === undefined || trueOrFalse(only) !== undefined
  if (!isRight || others.length > 0) {
    field.reject('subscribed', 'must be true or false in Loops: write true, false or one placeholder')
  }
  return mapping
}

/** Reads mailing lists: each ID with `true`, `false` or a single placeholder. Any other value is rejected. */
export function parseMailingLists(field: Field): Mapping {
  const example = '{"cm06f5v0e45nf0ml5754o9cix": true}'
  return mappingOf(field, { example }, nameProblem, (id, value, parse) => {
    const template = typeof value === 'string' ? parse(value) : []
    if (template === undefined) return undefined
    const found = isOnePlaceholder(template) ? template : trueOrFalse(value)
    if (found === undefined) {
      field.reject(value, `cannot be the value of list "${id}": write true, false or one placeholder`)
    }
    return found
  })
}

/** A constant of the settings. The words that people store elsewhere for consent are mistakes here. */
export function trueOrFalse(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true
  return value === false || value === 'false' ? false : undefined
}

function isOnePlaceholder(template: Template): boolean {
  return template.length === 1 && typeof template[0] === 'object'
}

function literalPair(name: string, value: string): string {
  return jsonFor({ [name]: value })
}

/** How the mapping is written in JSON, and a text that other notations take for a mistake. */
interface JsonForm {
  readonly example: string
  readonly literal?: (name: string, value: string) => string
}

/** The entries of a mapping, each name once and without spaces around it, because Loops trims names. */
function mappingOf(
  field: Field,
  { example, literal }: JsonForm,
  problemOf: (name: string) => string | undefined,
  valueOf: (
    name: string,
    value: unknown,
    parse: (text: string) => Template | undefined,
  ) => Template | LoopsValue | undefined,
): Mapping {
  const mapping = new Map<string, Template | LoopsValue>()
  for (const [written, value] of parseEntries(field, example, literal)) {
    const name = written.trim()
    const parse = (text: string): Template | undefined =>
      isJson(field.text) ? parseTemplate(field, text) : parsePlainTemplate(field, text, literal?.(name, text))
    const problem = mapping.has(name) ? IS_REPEATED : problemOf(name)
    if (problem !== undefined) field.reject(name, problem)
    const found = valueOf(name, value, parse)
    if (found !== undefined) mapping.set(name, found)
  }
  return mapping
}
