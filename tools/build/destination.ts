import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MARK } from '../../destination/from-settings/mark'

const root = join(__dirname, '../..')

/** What PostHog's REST API takes to create the destination. */
export const DESTINATION_PATH = join(root, 'dist/destination.json')

interface InputSchema {
  readonly key: string
  readonly secret?: boolean
  readonly default?: unknown
}

/** A part of the form: the fields, and which events it is for. */
interface Form {
  readonly inputs_schema: readonly InputSchema[]
  readonly filters: unknown
}

interface Destination extends Form {
  readonly name: string
  readonly description: string
  readonly icon_url: string
  readonly mappings: readonly (Form & { readonly name: string })[]
}

/**
 * Builds the body of the request that creates the destination: `destination/destination.json` with the source, and with the
 * defaults filled in, since PostHog fills them in only in its page. The API key is left out: whoever sends it adds theirs. It
 * is disabled, so that no page views are sent before the user has chosen the events.
 */
export async function buildDestination(): Promise<string> {
  const [hog, json] = await Promise.all(
    ['loops.hog', 'destination.json'].map((name) => readFile(join(root, 'destination', name), 'utf8')),
  )
  const { name, description, icon_url, ...form } = JSON.parse(json ?? '') as Destination
  const mappings = form.mappings.map((mapping) => ({ name: mapping.name, ...filledIn(mapping) }))
  const body = {
    type: 'destination',
    name,
    description: `${description} ${MARK}`,
    icon_url,
    enabled: false,
    hog,
    ...filledIn(form),
    mappings,
  }
  return `${JSON.stringify(body, null, 2)}\n`
}

function filledIn({ inputs_schema, filters }: Form) {
  const known = inputs_schema.filter(({ secret }) => secret !== true)
  return {
    inputs_schema,
    inputs: Object.fromEntries(known.map(({ key, default: value }) => [key, { value }])),
    filters,
  }
}
