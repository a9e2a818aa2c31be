/** The shape of a destination's form, whatever the values of its inputs. */
import { isRecord } from '../../src/json'
import type { DestinationSettings } from './types'

/** @returns the value if it has the shape of a form; otherwise `undefined`, and `noForm` says why. */
export function formIn(value: unknown): DestinationSettings | undefined {
  return problemOf(value) === undefined ? (value as DestinationSettings) : undefined
}

/** The message for a value that is not a form: the part that is wrong, and how to write it. */
export function noForm(value: unknown): string {
  return `This is not a destination: ${problemOf(value) ?? ''}.`
}

/** A part of a form or of a mapping: whether a value can be it, and what it must be. */
type Part = readonly [key: string, isRight: (value: unknown) => boolean, remedy: string]

export const FILTER_EXAMPLE = '[{"key": "plan", "type": "event", "operator": "exact", "value": "pro"}]'

const FORM: readonly Part[] = [
  ['inputs', isRecord, 'an object like {"userId": "{event.distinct_id}"}'],
  ['mappings', Array.isArray, 'a list like [{"name": "Send events"}]'],
]

const MAPPING: readonly Part[] = [
  ['name', isText, 'a text like "Send events"'],
  ['events', (value) => isListOf(value, (one) => one === null || isText(one)), 'a list like ["purchase"]'],
  ['filters', (value) => isListOf(value, isFilter), `a list like ${FILTER_EXAMPLE}`],
  ['inputs', isRecord, 'an object like {"action": "event"}'],
]

function problemOf(value: unknown): string | undefined {
  if (!isRecord(value)) return 'write {"inputs": {}, "mappings": [{"name", "events", "filters", "inputs"}]}'
  const { inputs, mappings } = value
  const problem = wrongPart({ inputs, mappings }, FORM)
  if (problem !== undefined || !Array.isArray(mappings)) return problem
  const problems = mappings.map((mapping: unknown, index) => {
    if (!isRecord(mapping)) return `mapping ${index + 1} must be an object like {"name": "Send events"}`
    const wrong = wrongPart(mapping, MAPPING)
    return wrong === undefined ? undefined : `mapping ${index + 1}: ${wrong}`
  })
  return problems.find((one) => one !== undefined)
}

function wrongPart(parts: Readonly<Record<string, unknown>>, known: readonly Part[]): string | undefined {
  const wrong = known.find(([key, isRight]) => !isRight(parts[key]))
  return wrong === undefined ? undefined : `"${wrong[0]}" must be ${wrong[2]}`
}

export function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isFilter(value: unknown): boolean {
  return isRecord(value) && isText(value.key) && isText(value.operator)
}
