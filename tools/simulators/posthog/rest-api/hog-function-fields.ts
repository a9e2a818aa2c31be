/** The fields of a hog function as PostHog's REST API checks, compiles and shows them. */
import { compileTemplate } from '../../hog/compiler'
import type { Bytecode } from '../../hog/compiler'
import { compileSource } from '../../hog/destination'
import { compileFilters } from '../../hog/filters'
import type { Inputs } from '../../hog/inputs'
import type { HogParser } from '../../hog/syntax-tree'
import { messageOf } from '../../../lib/usage-error'
import { invalid, isRecord } from './contract'
import type { Project } from './contract'

type Fields = Readonly<Record<string, unknown>>
interface StoredInput {
  readonly value?: unknown
  /** What reads the texts: Hog if it is left out, `liquid`, or false for nothing. */
  readonly templating?: unknown
  readonly bytecode?: unknown
}
type StoredInputs = Readonly<Record<string, StoredInput>>

interface InputSchema {
  readonly key: string
  readonly type: string
  readonly required: boolean
  readonly secret: boolean
}

/** The inputs and filters of a function, or of one of its mappings. */
export interface Form {
  readonly name?: unknown
  readonly inputs_schema: readonly Fields[]
  readonly inputs: StoredInputs
  readonly filters: Fields
}

export interface CheckedFunction extends Form {
  readonly hog: string
  readonly bytecode: Bytecode
  readonly mappings: readonly Form[] | null
}

const LARGEST_SOURCE = 100 * 1024

const INPUT_TYPES = ['string', 'number', 'boolean', 'dictionary', 'choice', 'json', 'integration', 'email']

/** For each type of input that PostHog checks, the check and what it says of another value. */
const TYPE_CHECKS: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  string: [(value) => typeof value === 'string', 'Value must be a string.'],
  number: [(value) => typeof value === 'number', 'Value must be a number.'],
  boolean: [(value) => typeof value === 'boolean', 'Value must be a boolean.'],
  dictionary: [isRecord, 'Value must be a dictionary.'],
}

/**
 * @param body the fields of the request, over those of the stored function if there is one.
 * @param secrets the stored values of secret inputs, which `{"secret": true}` or nothing keeps.
 * @throws ApiError 400 for the first field that PostHog refuses.
 */
export function checkFunction(body: Fields, secrets: Inputs, project: Project, parser: HogParser): CheckedFunction {
  const { hog } = body
  const context = { project, parser, isEnabled: body['enabled'] === true }
  if (typeof body['name'] !== 'string' || body['name'] === '')
    throw invalid('name', 'This field is required.', 'required')
  const form = checkForm(body, secrets, '', context)
  const mappings = Array.isArray(body['mappings'])
    ? body['mappings'].map((mapping: unknown, index) =>
        checkForm(isRecord(mapping) ? mapping : {}, {}, `mappings__${index}__`, context),
      )
    : null
  if (typeof hog !== 'string' || hog === '') throw invalid('hog', 'Required.')
  const bytecode = checkedSource(hog, parser)
  // The mappings have the events, so PostHog drops those of the function.
  const { events, actions, ...filters } = form.filters
  return { ...form, filters: mappings === null ? form.filters : filters, hog, bytecode, mappings }
}

function checkedSource(hog: string, parser: HogParser): Bytecode {
  if (Buffer.byteLength(hog) > LARGEST_SOURCE) {
    const remedy = 'Please simplify your code or contact support if you need this limit increased.'
    throw invalid('hog', `HOG code exceeds maximum size of 100KB. ${remedy}`)
  }
  try {
    return compileSource(hog, parser)
  } catch {
    throw invalid('hog', 'Hog code has errors.')
  }
}

/** What the checks of a form need of its function. */
interface Context {
  readonly project: Project
  readonly parser: HogParser
  readonly isEnabled: boolean
}

function checkForm(body: Fields, secrets: Inputs, path: string, context: Context): Form {
  const written: readonly unknown[] = Array.isArray(body['inputs_schema']) ? body['inputs_schema'] : []
  const schemas = written.map((schema, index) => checkSchema(schema, `${path}inputs_schema__${index}`))
  const given = isRecord(body['inputs']) ? body['inputs'] : {}
  const inputs = schemas.flatMap((schema) => {
    const input = checkInput(
      schema,
      given[schema.key],
      secrets[schema.key],
      `${path}inputs__${schema.key}`,
      context.parser,
    )
    return 'value' in input ? [[schema.key, input] as const] : []
  })
  const filters = isRecord(body['filters']) ? body['filters'] : {}
  return {
    ...('name' in body && { name: body['name'] }),
    inputs_schema: written as readonly Fields[],
    inputs: Object.fromEntries(inputs.map(([key, input], order) => [key, { ...input, order }])),
    filters: checkedFilters(filters, context),
  }
}

/** PostHog saves filters that it cannot compile, such as cohorts, as long as the function is turned off. */
function checkedFilters(written: Fields, { project, isEnabled }: Context): Fields {
  const { bytecode: _, bytecode_error: _error, ...filters } = written
  try {
    return { ...filters, bytecode: compileFilters(filters, project.test_account_filters) }
  } catch (error) {
    if (isEnabled) throw invalid('filters', `Invalid filter configuration: ${messageOf(error)}`)
    return { ...filters, bytecode: null, bytecode_error: messageOf(error) }
  }
}

function checkSchema(schema: unknown, path: string): InputSchema {
  const { key, type, required = false, secret = false } = isRecord(schema) ? schema : {}
  if (typeof type !== 'string') throw invalid(`${path}__type`, 'This field is required.', 'required')
  if (!INPUT_TYPES.includes(type)) throw invalid(`${path}__type`, `"${type}" is not a valid choice.`, 'invalid_choice')
  if (typeof key !== 'string') throw invalid(`${path}__key`, 'This field is required.', 'required')
  return { key, type, required: required === true, secret: secret === true }
}

function checkInput(
  { type, required, secret }: InputSchema,
  given: unknown,
  stored: Inputs[string] | undefined,
  path: string,
  parser: HogParser,
): StoredInputs[string] {
  const written = isRecord(given) ? given : {}
  const isKept = secret && !('value' in written)
  const { value, templating } = isKept ? (stored ?? {}) : written
  const input = { value, ...(templating !== undefined && { templating }) }
  if (required && (value === undefined || value === null || value === '')) {
    throw invalid(path, 'This field is required.')
  }
  if (value === undefined) return {}
  // PostHog looks no further at an empty value.
  if (value === '' || value === null || value === 0 || value === false) return input
  const check = TYPE_CHECKS[type]
  if (check !== undefined && !check[0](value)) throw invalid(path, check[1])
  if (!['string', 'dictionary', 'json'].includes(type) || templating === 'liquid' || templating === false) return input
  const hyphenated = textsIn(value).find((text) => HYPHEN.test(text))
  if (hyphenated !== undefined) throw invalid(path, `Invalid template: ${hintFor(hyphenated)}`)
  try {
    return { ...input, bytecode: bytecodeOf(value, parser) }
  } catch (error) {
    throw invalid(path, `Invalid template: ${messageOf(error)}`)
  }
}

/** A property whose name has a hyphen, which Hog reads as a minus. */
const HYPHEN = /\{[^{}]*\b(?:event|person)\.properties\.([\w$]+-[\w$-]+)/

function hintFor(text: string): string {
  const [, name = ''] = HYPHEN.exec(text) ?? []
  return `"${name}" has a hyphen, which is a minus in Hog. Use brackets: properties['${name}'].`
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** The value with each of its texts compiled. */
function bytecodeOf(value: unknown, parser: HogParser): unknown {
  if (typeof value === 'string') return value === '' ? '' : compileTemplate(parser.template(value))
  if (Array.isArray(value)) return value.map((item) => bytecodeOf(item, parser))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bytecodeOf(inner, parser)]))
}

/** The inputs as an answer shows them: of a secret one only that it is set. */
export function shownInputs({ inputs_schema: schemas, inputs }: Form): Fields {
  const secrets = Object.keys(secretsOf({ inputs_schema: schemas, inputs }))
  return { ...inputs, ...Object.fromEntries(secrets.map((key) => [key, { secret: true }])) }
}

/** The values of the secret inputs. */
export function secretsOf({ inputs_schema: schemas, inputs }: Pick<Form, 'inputs_schema' | 'inputs'>): Inputs {
  const secrets = schemas.filter(({ secret }) => secret === true).map(({ key }) => String(key))
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => secrets.includes(key)))
}
