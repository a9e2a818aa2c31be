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
type StoredInputs = Readonly<Record<string, { readonly value?: unknown; readonly bytecode?: unknown }>>

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
  if (typeof body['name'] !== 'string' || body['name'] === '')
    throw invalid('name', 'This field is required.', 'required')
  const form = checkForm(body, secrets, '', project, parser)
  const mappings = Array.isArray(body['mappings'])
    ? body['mappings'].map((mapping: unknown, index) =>
        checkForm(isRecord(mapping) ? mapping : {}, {}, `mappings__${index}__`, project, parser),
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

function checkForm(body: Fields, secrets: Inputs, path: string, project: Project, parser: HogParser): Form {
  const written: readonly unknown[] = Array.isArray(body['inputs_schema']) ? body['inputs_schema'] : []
  const schemas = written.map((schema, index) => checkSchema(schema, `${path}inputs_schema__${index}`))
  const given = isRecord(body['inputs']) ? body['inputs'] : {}
  const inputs = schemas.flatMap((schema) => {
    const input = checkInput(schema, given[schema.key], secrets[schema.key], `${path}inputs__${schema.key}`, parser)
    return 'value' in input ? [[schema.key, input] as const] : []
  })
  const filters = isRecord(body['filters']) ? body['filters'] : {}
  const bytecode = checkedFilters(filters, project)
  return {
    ...('name' in body && { name: body['name'] }),
    inputs_schema: written as readonly Fields[],
    inputs: Object.fromEntries(inputs.map(([key, input], order) => [key, { ...input, order }])),
    filters: { ...filters, bytecode },
  }
}

function checkedFilters(filters: Fields, { test_account_filters: internalUsers }: Project): Bytecode {
  try {
    return compileFilters(filters, internalUsers)
  } catch (error) {
    throw invalid('filters', `Invalid filter configuration: ${messageOf(error)}`)
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
  const { value } = isKept ? (stored ?? {}) : written
  if (required && (value === undefined || value === null || value === '')) {
    throw invalid(path, 'This field is required.')
  }
  if (value === undefined) return {}
  // PostHog looks no further at an empty value.
  if (value === '' || value === null || value === 0 || value === false) return { value }
  const check = TYPE_CHECKS[type]
  if (check !== undefined && !check[0](value)) throw invalid(path, check[1])
  if (!['string', 'dictionary', 'json'].includes(type)) return { value }
  try {
    return { value, bytecode: bytecodeOf(value, parser) }
  } catch (error) {
    throw invalid(path, `Invalid template: ${messageOf(error)}`)
  }
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
