/**
 * Lists and mappings as people write them in a setting: entries between commas, or JSON for names that contain commas,
 * colons or characters that are mistakes elsewhere. Every function rejects the setting if it cannot read it, and shows the `example`.
 * A text that is rejected because of a mistake may be meant: `literal` says how JSON takes it literally, and is left out where
 * no such text can be right.
 */
import { faultOfAlmostJson } from './almost-json'
import type { Field } from './field'
import { repeatedName } from './repeated-name'
import { BULLET, commonMistakeIn } from './common-mistakes'
import { isRecord } from '../json'
import { quoted, withoutLikelyKeys } from '../redact'

/**
 * The entries of a list, without empty ones and without spaces around them; JSON entries keep their spaces.
 *
 * @returns `undefined` if the setting is rejected.
 */
export function parseList(
  field: Field,
  example: string,
  literal?: (entry: string) => string | undefined,
): string[] | undefined {
  if (!isJson(field.text)) return plainEntries(field, literal)
  const list = parseJson(field, example)
  if (list === undefined) return undefined
  if (Array.isArray(list) && list.every((entry): entry is string => typeof entry === 'string')) {
    return list.filter((entry) => entry !== '')
  }
  field.reject(field.text, `is not a JSON list of texts: write it like ${example}`)
  return undefined
}

/**
 * The `name: value` entries of a mapping that could be read. The values are texts, or any JSON values if the setting is a
 * JSON object.
 */
export function parseEntries(
  field: Field,
  example: string,
  literal?: (name: string, value: string) => string,
): [string, unknown][] {
  if (isJson(field.text) || isJsonObject(field.text)) {
    const json = parseJson(field, example)
    if (isRecord(json)) return Object.entries(json)
    if (json !== undefined) field.reject(field.text, `is not a JSON object: write it like ${example}`)
    return []
  }
  const entries: [string, string][] = []
  const literalPair = (entry: string): string | undefined => {
    const [name, value] = pairIn(entry)
    return name === '' || commonMistakeIn(name) !== undefined ? undefined : literal?.(name, value)
  }
  for (const entry of plainEntries(field, literalPair) ?? []) {
    const [name, value] = pairIn(entry)
    const problem = problemOfPair(name, value, entry)
    if (problem !== undefined) {
      field.reject(entry, problem)
    } else if (name === '' || value.startsWith('//')) {
      field.reject(
        entry,
        `is not "name: value": write a colon between the two; if a name or a text has a comma or a colon, write JSON like ${example}`,
      )
    } else {
      entries.push([name, value])
    }
  }
  return entries
}

/** The setting as JSON; `undefined` if it is rejected. */
export function parseJson(field: Field, example: string): unknown {
  let json: unknown
  try {
    json = JSON.parse(field.text)
  } catch {
    const fault = faultOfAlmostJson(field.text)
    const reason = fault === undefined ? 'which needs double quotes around names and texts' : `because it has ${fault}`
    field.reject(field.text, `is not valid JSON, ${reason}: write it like ${example}`)
    return undefined
  }
  const repeated = repeatedName(field.text)
  if (repeated === undefined) return json
  field.reject(repeated, IS_REPEATED)
  return undefined
}

/** The problem of a name that a mapping has twice. */
export const IS_REPEATED = 'appears twice: remove one of the two'

/** True if the setting is meant as JSON: it starts with `[`, or with `{` followed by a quote or `}`. */
export function isJson(text: string): boolean {
  return /^(\[|\{\s*["'“”„‘’}])/.test(text)
}

/** True if the setting is meant as a JSON object: it starts with `{`, but not with a placeholder. */
export function isJsonObject(text: string): boolean {
  return text.startsWith('{') && !/^\{\s*(event|person)\./.test(text)
}

/** Rejects a text because of a mistake. @param literal the JSON that takes the text literally, if it can be meant. */
export function rejectMistake(field: Field, text: string, problem: string, literal?: string): void {
  const tail = literal === undefined ? '' : `; to use this text literally, write JSON like ${literal}`
  field.reject(text, problem + tail)
}

/** The value as JSON for a remedy. */
export function jsonFor(value: unknown): string {
  return quoted(value, '', withoutLikelyKeys)
}

/** The entries between commas, without empty ones and without spaces around them. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** The entries between commas; `undefined` if the setting is rejected because of a mistake. */
function plainEntries(
  field: Field,
  literal: (entry: string) => string | undefined = () => undefined,
): string[] | undefined {
  const entries = splitList(field.text)
  const wrong = entries.find((entry) => commonMistakeIn(entry) !== undefined)
  if (wrong === undefined) return entries
  rejectMistake(field, field.text, commonMistakeIn(wrong) ?? '', literal(wrong))
  return undefined
}

/** The name and the value of an entry; an empty name if it has no colon. */
function pairIn(entry: string): [name: string, value: string] {
  const colon = entry.indexOf(':')
  return [entry.slice(0, Math.max(colon, 0)).trim(), entry.slice(colon + 1).trim()]
}

/** The problem of one `name: value` outside JSON; `undefined` if there is none. */
function problemOfPair(name: string, value: string, entry: string): string | undefined {
  const isEquation = name === '' ? /^[^:]*=/.test(entry) : name.includes('=') || /^[=:>]/.test(value)
  if (isEquation) return 'needs one ":" between name and value: write "name: value"'
  if (/[{}]|\b(event|person)\.properties\b/.test(name)) {
    return 'has a placeholder before the colon: write the name in Loops first, then the value'
  }
  if (/^\$?\*$/.test(name) || value === '*') return 'has "*", which only event names may contain: write each name'
  if (/^\*\s/.test(name)) return BULLET
  if (name.includes('：')) return 'has a colon of another script: write a plain colon between name and value'
  return name !== '' && value === '' ? 'has no value: write "name: value", or remove the entry' : undefined
}
