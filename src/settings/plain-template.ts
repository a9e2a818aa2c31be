import type { Field } from './field'
import { rejectMistake } from './lists'
import { commonMistakeIn } from './common-mistakes'
import type { CommonMistake } from './common-mistakes'
import { parseTemplate, placeholderFor } from './template'
import type { Template } from './template'

const UNBRACED = 'has a property outside braces: write {event.properties.NAME} or {person.properties.NAME}'

/** Mistakes outside the braces: text that looks like a placeholder of another tool. Each placeholder is written as `{}` here. */
const OUTSIDE: readonly CommonMistake[] = [
  [/[$#%]\{\}/, 'has "$", "#" or "%" before a brace: write {event.properties.NAME} without it'],
  [/(?:^|[^\w./@-])(?:\$\.)?(?:event|person|(?:\w+\.)?properties|traits|context|user)\.[$\w]/i, UNBRACED],
  [
    /^(?:%+[\w.]+%+|<[\w .]+>|<%.*%>|\[+[\w .]+\]+|\$[a-z_][\w.]*|#[\w.]+#|__\w+__|=.+|(?:customer|contact|payload|trigger|steps|message|track|inputs)(?:\.\w+)+)$/i,
    'is a placeholder of another tool: write {event.properties.NAME} or {person.properties.NAME}',
  ],
  [/\{\}\s+[\w$]+\s*:\s*\{\}/, 'has a second name: write commas between entries'],
  [/^(?:null|undefined|None|nil)$/, 'means the text here: remove the entry to send nothing'],
]

/** The problem of braces that compute something. */
export const MORE_THAN_A_NAME = 'has more than a name in braces'

/** Mistakes inside the braces, which contain a name and compute nothing. */
const INSIDE: readonly CommonMistake[] = [
  [
    /\?\?|\?\.|&&|[!=]=|\[\d*\]|\(\)|\.\w+\(.*\)|\s[*+/-]\s*\d|\s[?<>]\s|(?:^|\.)\*(?:\.|$)|properties\..*\b(?:event|person)\.(?:properties\.|distinct_id)/,
    `${MORE_THAN_A_NAME}: write {event.properties.NAME}, or {event.properties.items.0.name} for a path`,
  ],
  [/properties\.(?:\s|\.|.*\.\s*$)|\.\./, 'has an extra space or dot in braces: write {event.properties.NAME}'],
]

/**
 * Reads a template that is written outside JSON. Rejects what `parseTemplate` rejects, and mistakes.
 *
 * @param literal the JSON that takes the text literally, if it can be meant.
 * @returns `undefined` if the text is rejected.
 */
export function parsePlainTemplate(field: Field, text: string, literal?: string): Template | undefined {
  const outside = text.replace(/\{[^{}]*\}/g, '{}')
  const hasOddBrace = /[{}]/.test(outside.replace(/\{\}/g, ''))
  if (hasOddBrace) return parseTemplate(field, text)
  const names = Array.from(text.matchAll(/\{([^{}]*)\}/g), ([, name = '']) => name)
  const mistake = mistakeOutsideBraces(outside) ?? names.map(mistakeInBraces).find((problem) => problem !== undefined)
  if (mistake === undefined) return parseTemplate(field, text)
  rejectMistake(field, text, mistake, literal)
  return undefined
}

/** The problem of a text that looks like a placeholder without its braces; `{}` stands for each placeholder. */
export function mistakeOutsideBraces(text: string): string | undefined {
  const mistake = commonMistakeIn(text, OUTSIDE)
  const meant = mistake === UNBRACED ? placeholderFor(text) : undefined
  return meant === undefined ? mistake : `has a property outside braces: write ${meant}`
}

function mistakeInBraces(text: string): string | undefined {
  const meant = alternativesIn(`{${text}}`)?.join(' or ') ?? ''
  return meant === '' ? commonMistakeIn(text, INSIDE) : `${MORE_THAN_A_NAME}: write ${meant}`
}

/**
 * The alternatives that the destination takes between one pair of braces, `{[a, b]}` or `{a ?? b}`, each as a placeholder.
 *
 * @returns an empty list if one of them is not a name; `undefined` if the text has no alternatives.
 */
export function alternativesIn(text: string): string[] | undefined {
  if (!/\{(?:\s*\[|[^{}]*\?\?)/.test(text)) return undefined
  const names = text.split(/[{}[\],]|\?\?/).filter((name) => name.trim() !== '')
  const placeholders = names.flatMap((name) => placeholderFor(name) ?? []).filter((one) => !one.includes(' or '))
  return placeholders.length === names.length ? placeholders : []
}
