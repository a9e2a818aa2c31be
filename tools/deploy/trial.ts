/** PostHog's own test of a destination: it runs on a sample event, and PostHog shows the request instead of sending it. */
import type { Json, PosthogClient } from '../posthog-api/client'
import { Refusal } from '../posthog-api/refusal'
import { sampleGlobals } from './sample-event'
import type { SampleOf } from './sample-event'
import { UsageError } from '../lib/usage-error'

interface Trial {
  /** The path of the function, or that of a new one. */
  readonly path: string
  /** The whole function, with the key. */
  readonly configuration: Json
}

/**
 * Tests each mapping of the destination on an event that it asks for.
 *
 * @returns for each a paragraph with the request, or why there is none.
 * @throws UsageError if PostHog refuses the function, or if it ends in an error.
 */
export async function tryDestination(client: PosthogClient, { path, configuration }: Trial): Promise<string[]> {
  const shown: string[] = []
  for (const { name, ...sample } of samplesFor(configuration)) {
    const { event } = sample
    const globals = sampleGlobals(sample, client.address, new Date())
    const body = { configuration, globals, mock_async_functions: true }
    try {
      const answer = await client.send({ method: 'POST', path: `${path}invocations/`, body })
      shown.push(resultOf(name, event, answer))
    } catch (error) {
      // Servers of 2025 have the test in their page only.
      if (!(error instanceof Refusal) || !/does not support personal api key/i.test(error.detail)) throw error
      return ['PostHog runs no test with a key on this server: try the destination under "Testing" in its page.']
    }
  }
  return shown
}

/** For each mapping one of its events, or any where it takes all, with its property filters and inputs. */
function samplesFor({ inputs, mappings }: Json): (SampleOf & { readonly name: string })[] {
  const all = Array.isArray(mappings) ? (mappings as Json[]) : []
  return all.map(({ name, inputs: own, filters }) => {
    const { events, properties = [] } = (filters ?? {}) as { events?: { id?: unknown }[]; properties?: Json[] }
    const id = events?.[0]?.id
    return {
      name: String(name),
      event: typeof id === 'string' ? id : '$pageview',
      filters: properties,
      inputs: { ...valuesOf(inputs), ...valuesOf(own) },
    }
  })
}

function valuesOf(inputs: unknown): Json {
  const all = Object.entries((inputs ?? {}) as Readonly<Record<string, { value?: unknown } | null>>)
  return Object.fromEntries(all.map(([key, input]) => [key, input?.value]))
}

function resultOf(name: string, event: string, { status, errors, logs }: Json): string {
  const messages = (Array.isArray(logs) ? (logs as Json[]) : []).map(({ message }) => String(message))
  if (status === 'error') {
    const reasons = (Array.isArray(errors) ? errors : []).map(sentenceIn).join(' ')
    throw new UsageError(
      `PostHog's test of "${name}" on the event ${event} failed, and nothing was changed: ${reasons}`,
    )
  }
  const requests = messages.flatMap(requestIn)
  if (requests.length > 0) return [`For a sample event ${event}, PostHog would send:`, ...requests].join('\n')
  // A sentence of the destination itself, if it ran, says why.
  const said = messages.filter((message) => !/^(Mapping trigger|Function completed|Resuming|Executing)/.test(message))
  const why = said.length > 0 ? said.join(' ') : `the filters of "${name}" do not match.`
  return `For a sample event ${event}, PostHog would send nothing: ${why}`
}

/** The VM writes an error of the destination as `Error('sentence')`. */
function sentenceIn(error: unknown): string {
  return String(error).replace(/^Error\('([^]*)'\)$/, '$1')
}

/** The request in a line of the test's log: `fetch('ADDRESS', {"method": ..., "headers": ..., "body": ...})`. */
function requestIn(message: string): string[] {
  const [, url = '', options = ''] = /^fetch\('([^']*)', ([^]*)\)$/.exec(message) ?? []
  if (url === '') return []
  try {
    const { method, body } = JSON.parse(options) as { method?: unknown; body?: unknown }
    return [`  ${String(method)} ${url}`, `  ${JSON.stringify(body)}`]
  } catch {
    // PostHog may have cut a long line.
    return [`  ${message}`]
  }
}
