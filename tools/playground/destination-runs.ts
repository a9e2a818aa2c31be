/** The destination in the playground: the same questions as for the app, answered by PostHog's own Hog VM. */
import { compileInputs } from '../simulators/hog/inputs'
import type { Fetch } from '../simulators/hog/destination'
import { InstalledDestination, storedPerson } from '../simulators/hog/installed-destination'
import type { MappingOutcome } from '../simulators/hog/installed-destination'
import { loadHogParser } from '../simulators/hog/syntax-tree'
import type { HogParser } from '../simulators/hog/syntax-tree'
import { messageOf, UsageError } from '../lib/usage-error'
import type { Fetch as ServerFetch } from '../simulators/posthog/fetch'
import type { CapturedEvent } from '../lib/shapes'
import type { DestinationSettings, Problem, Result, ShownRequest, Verdict } from './contract'
import { bodyOf, checkedDestination, NO_EVENT } from '../../destination/from-settings/form'
import { shownHeaders, withoutKey } from './masking'
import { missingIn, type Mapped } from './missing'

let parser: Promise<HogParser> | undefined

/** PostHog's parser is WebAssembly, which is loaded once. */
function loadedParser(): Promise<HogParser> {
  parser ??= loadHogParser()
  return parser
}

/** The texts of inputs that hold no Hog, as PostHog's form refuses them, and mappings that are all without events. */
export async function destinationProblems(form: unknown): Promise<Problem[]> {
  const hog = await loadedParser()
  const { inputs, mappings } = checkedDestination(form)
  const isIdle = mappings.every(({ events }) => events.length === 0)
  return [
    ...(isIdle ? [{ key: null, sentence: NO_EVENT }] : []),
    ...problemsOf(inputs, '', hog),
    ...mappings.flatMap((mapping, place) => problemsOf(mapping.inputs, `${place}.`, hog)),
  ]
}

function problemsOf(inputs: DestinationSettings['inputs'], prefix: string, hog: HogParser): Problem[] {
  return Object.entries(inputs).flatMap(([key, value]) => {
    try {
      compileInputs({ [key]: { value } }, hog)
      return []
    } catch (error) {
      return [{ key: prefix + key, sentence: `What stands between braces is no Hog: ${messageOf(error)}.` }]
    }
  })
}

/** A destination with its key, ready to run. */
export class DestinationRuns {
  private constructor(
    private readonly destination: InstalledDestination,
    private readonly settings: DestinationSettings,
  ) {}

  /** Throws a UsageError if the form is none, or an input has a problem. */
  static async start(form: unknown): Promise<DestinationRuns> {
    const settings = checkedDestination(form)
    try {
      const installed = new InstalledDestination(bodyOf(settings), await loadedParser())
      return new DestinationRuns(installed, settings)
    } catch (error) {
      throw error instanceof UsageError ? error : new UsageError(messageOf(error))
    }
  }

  /** How the mappings apply to an event that comes after the events before it. */
  async verdict(event: CapturedEvent, before: readonly CapturedEvent[]): Promise<Verdict> {
    return verdictOf(await this.destination.deliver(event, personAfter(before, event), { fetch: accepted }))
  }

  /** The result of an event; `fetch` is left out if HTTP requests are mocked out. */
  async result(event: CapturedEvent, before: readonly CapturedEvent[], fetch?: ServerFetch): Promise<Result> {
    const answers: { url: string; status?: number; body: string; error?: string }[] = []
    const outcomes = await this.destination.deliver(event, personAfter(before, event), {
      fetch: fetch === undefined ? accepted : recording(fetch, answers),
    })
    const requests = outcomes.flatMap(({ mapping, requests: made = [] }) =>
      made.map(({ url, method, headers, body = '' }): ShownRequest => {
        const { url: _, ...answer } = answers.shift() ?? {}
        return {
          mapping,
          method,
          url,
          headers: shownHeaders(headers),
          body,
          ...(fetch !== undefined && { answer: { body: '', ...answer } }),
        }
      }),
    )
    const logs = outcomes.flatMap(({ logs: lines = [] }) => lines)
    const reason = requests.length > 0 ? undefined : this.whyNothing(event, outcomes)
    const result: Result = {
      verdict: verdictOf(outcomes),
      requests,
      ...(reason !== undefined && { reason }),
      missing: requests.flatMap(({ mapping, body }) => missingIn(body, this.mappedBy(mapping))),
      warnings: [],
      errors: outcomes.flatMap(({ mapping, error }) => (error === undefined ? [] : [`${mapping}: ${error.message}`])),
      logs: logs.map(({ level, message }) => `${level.toUpperCase()} ${message}`),
    }
    const { apiKey } = this.settings.inputs
    return withoutKey(result, typeof apiKey === 'string' ? apiKey : '')
  }

  /** The names in the dictionaries that the mapping of this name uses. */
  private mappedBy(mapping: string | undefined): Mapped {
    const { inputs = {} } = this.settings.mappings.find(({ name }) => name === mapping) ?? {}
    const namesIn = (value: unknown) => (typeof value === 'object' && value !== null ? Object.keys(value) : [])
    return {
      event: inputs.action === 'contact' ? [] : namesIn(inputs.eventProperties),
      contact: inputs.action === 'event' ? [] : namesIn(inputs.contactProperties),
    }
  }

  private whyNothing(event: CapturedEvent, outcomes: readonly MappingOutcome[]): string | undefined {
    if (outcomes.some(({ error }) => error !== undefined)) return undefined
    const said = outcomes.flatMap(({ logs = [] }) => logs.map(({ message }) => message))
    const unmet = outcomes.flatMap(({ unmet: one }) => one ?? [])
    if (said.length > 0) return said.at(-1)
    const why = unmet[0] ?? this.destination.similarName(event) ?? 'no mapping is for its name'
    return `The settings do not ask for this event: ${why}.`
  }
}

/** The person as PostHog stores it after the event. */
function personAfter(before: readonly CapturedEvent[], event: CapturedEvent) {
  return storedPerson([...before, event])
}

const accepted: Fetch = () => Promise.resolve({ status: 200, body: '{"success":true}' })

function recording(fetch: ServerFetch, answers: object[]): Fetch {
  return async ({ url, method, headers, body = '' }) => {
    try {
      const response = await fetch(url, { method, headers: { ...headers }, body })
      const answer = { status: response.status, body: await response.text() }
      answers.push({ url, ...answer })
      return answer
    } catch (error) {
      answers.push({ url, error: messageOf(error) })
      throw error
    }
  }
}

const GROUPS: Readonly<Record<string, Verdict['matched']>> = {
  event: ['Events to send'],
  contact: ['Update contacts'],
  both: ['Events to send', 'Update contacts'],
}

function verdictOf(outcomes: readonly MappingOutcome[]): Verdict {
  const ran = outcomes.filter(({ unmet }) => unmet === undefined)
  const matched = [...new Set(ran.flatMap(({ action }) => GROUPS[String(action)] ?? []))]
  const sent = ran.some(({ requests = [] }) => requests.length > 0)
  const said = ran.flatMap(({ error, logs = [] }) => error?.message ?? logs.at(-1)?.message ?? [])
  return { matched, ...(!sent && matched.length > 0 && { skipped: said.at(-1) ?? 'nothing is sent' }) }
}
