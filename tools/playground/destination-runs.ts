/** The destination in the playground: the same questions as for the app, answered by PostHog's own Hog VM. */
import type { DestinationBody } from '../../destination/from-settings/body'
import { bodyOf, NO_EVENT } from '../../destination/from-settings/form'
import { problemsOfForm } from '../../destination/from-settings/form-checks'
import { formIn, noForm } from '../../destination/from-settings/form-shape'
import type { FromSettings } from '../../destination/from-settings/from-settings'
import { destinationOf } from '../../destination/from-settings/read'
import { accountWarnings } from '../simulators/app/account-warnings'
import { hogFetch, mockedFetch } from '../simulators/hog/destination'
import type { SentRequest } from '../simulators/hog/destination'
import { InstalledDestination } from '../simulators/hog/installed-destination'
import type { InstalledMapping, MappingOutcome, NotRun } from '../simulators/hog/installed-destination'
import { Persons } from '../simulators/hog/persons'
import type { Person } from '../simulators/hog/persons'
import { loadHogParser } from '../simulators/hog/syntax-tree'
import { heldBackClauses, noMatchSentence } from '../simulators/app/why-nothing-was-sent'
import { UsageError } from '../lib/usage-error'
import type { Fetch } from '../simulators/posthog/fetch'
import type { CapturedEvent } from '../lib/shapes'
import type { DestinationSettings, Problem, Result, ShownRequest, Verdict } from './contract'
import { shownHeaders, withoutKey } from './masking'
import { missingIn, type Mapped } from './missing'
import { warningsFor, type WantedProperties } from './warnings'

/** @throws UsageError unless the value has the shape of a form. */
export function checkedForm(value: unknown): DestinationSettings {
  const form = formIn(value)
  if (form === undefined) throw new UsageError(noForm(value))
  return form
}

/** The problems of a form, as `npm run deploy` refuses it. */
export async function destinationProblems(form: unknown): Promise<Problem[]> {
  const hog = await loadHogParser()
  const checked = checkedForm(form)
  const isIdle = checked.mappings.every(({ events }) => events.length === 0)
  return [
    ...(isIdle ? [{ key: null, sentence: NO_EVENT }] : []),
    ...problemsOfForm(checked, (text) => hog.template(text)),
  ]
}

/** The form as the body of a request, without its key; or its problems, as `npm run deploy` prints them. */
export async function bodyOfForm(form: DestinationSettings): Promise<FromSettings> {
  const { apiKey: _, ...inputs } = form.inputs
  const hog = await loadHogParser()
  return destinationOf({ form, body: bodyOf({ ...form, inputs }).body }, (text) => hog.template(text))
}

/** A destination with its key, ready to run. */
export class DestinationRuns {
  private constructor(
    private readonly installed: InstalledDestination,
    private readonly body: DestinationBody,
  ) {}

  /** Throws a UsageError if the form is none, or an input has a problem. */
  static async start(form: unknown): Promise<DestinationRuns> {
    const { body, refusals } = bodyOf(checkedForm(form))
    if (body === undefined) throw new UsageError(refusals.join(' '))
    return new DestinationRuns(new InstalledDestination(body, await loadHogParser()), body)
  }

  /** How the mappings apply to an event; `person` is what PostHog stores once the event is in. */
  async verdict(event: CapturedEvent, person: Person): Promise<Verdict> {
    return this.verdictOf(await this.installed.deliver(event, person, { fetch: mockedFetch }))
  }

  /** The result of an event; `fetch` is left out if HTTP requests are mocked out. */
  async result(event: CapturedEvent, person: Person, fetch?: Fetch): Promise<Result> {
    const key = this.body.inputs['apiKey']?.value
    const apiKey = typeof key === 'string' ? key : ''
    // Before the run: Loops declares the properties of the requests that it accepts.
    const account =
      fetch === undefined ? [] : await accountWarnings(await this.usedBy(event, person), { apiKey, fetch })
    const surroundings = { fetch: fetch === undefined ? mockedFetch : hogFetch(fetch) }
    const outcomes = await this.installed.deliver(event, person, surroundings)
    const requests = outcomes.flatMap(({ mapping, requests: sent }) =>
      sent.map((request) => shownRequest(mapping.name, request, fetch !== undefined)),
    )
    // The last line of a failed run says its error once more.
    const logs = outcomes.flatMap(({ logs: lines, error }) => (error === undefined ? lines : lines.slice(0, -1)))
    const notRun = this.installed.notRun(event, person)
    const reason = requests.length > 0 ? undefined : whyNothing(outcomes, notRun)
    const result: Result = {
      verdict: this.verdictOf(outcomes),
      requests,
      ...(reason !== undefined && { reason }),
      ...(outcomes.length === 0 && notRun.length === 0 && { isUnnamed: true as const }),
      missing: outcomes.flatMap(({ mapping, requests: sent }) =>
        sent.flatMap(({ body = '' }) => missingIn(body, this.mappedBy(mapping))),
      ),
      warnings: [
        ...(outcomes.length === 0 ? [] : heldBackClauses(notRun)),
        ...new Set(outcomes.flatMap((outcome) => this.warningsFor(event, person, outcome))),
      ],
      errors: outcomes.flatMap(({ mapping, error }) =>
        error === undefined ? [] : [`${mapping.name}: ${error.message}`],
      ),
      logs: [
        ...account.map((warning) => `WARN ${warning}`),
        ...logs.map(({ level, message }) => `${level.toUpperCase()} ${message}`),
      ],
    }
    return withoutKey(result, apiKey)
  }

  /** The mappings that the event runs. */
  private async usedBy(event: CapturedEvent, person: Person): Promise<Pick<DestinationBody, 'inputs'>[]> {
    const outcomes = await this.installed.deliver(event, person, { fetch: mockedFetch })
    return outcomes.map(({ mapping }) => ({ inputs: this.inputsOf(mapping) }))
  }

  private inputsOf(mapping: InstalledMapping): DestinationBody['inputs'] {
    return this.body.mappings[this.installed.mappings.indexOf(mapping)]?.inputs ?? {}
  }

  private warningsFor(event: CapturedEvent, person: Person, outcome: MappingOutcome): string[] {
    const inputs = this.inputsOf(outcome.mapping)
    const wanted = (unlessAction: string, mapping: string, includeAll: string): WantedProperties | undefined =>
      inputs['action']?.value === unlessAction
        ? undefined
        : { texts: JSON.stringify(inputs[mapping]?.value ?? {}), includeAll: inputs[includeAll]?.value === true }
    const comparison = {
      event,
      person: person.properties,
      stored: person.properties,
      eventProperties: wanted('contact', 'eventProperties', 'includeAllEventProperties'),
      contactProperties: wanted('event', 'contactProperties', 'includeAllPersonProperties'),
      newNames: Object.values(inputs['eventNames']?.value ?? {}).map(String),
      wantsUserId: this.body.inputs['userId']?.value !== '',
      emailOrDistinctId: '{[person.properties.email, event.distinct_id]}',
    }
    const [request] = outcome.requests
    return [
      ...outcome.nearMisses,
      ...(request === undefined ? [] : warningsFor({ ...comparison, request: { body: request.body ?? '' } })),
    ]
  }

  /** The names in the dictionaries that the mapping uses. */
  private mappedBy(mapping: InstalledMapping): Mapped {
    const { action, eventProperties, contactProperties } = this.inputsOf(mapping)
    return {
      event: action?.value === 'contact' ? [] : Object.keys(eventProperties?.value ?? {}),
      contact: action?.value === 'event' ? [] : Object.keys(contactProperties?.value ?? {}),
    }
  }

  private verdictOf(outcomes: readonly MappingOutcome[]): Verdict {
    const actions = outcomes.map(({ mapping }) => this.inputsOf(mapping)['action']?.value)
    const matched = [...new Set(actions.flatMap((action) => GROUPS[String(action)] ?? []))]
    const sent = outcomes.some(({ requests }) => requests.length > 0)
    const said = outcomes.flatMap(({ error, logs }) => error?.message ?? logs.at(-1)?.message ?? [])
    return { matched, ...(!sent && matched.length > 0 && { skipped: said.at(-1) ?? 'nothing is sent' }) }
  }
}

function whyNothing(outcomes: readonly MappingOutcome[], notRun: readonly NotRun[]): string | undefined {
  if (outcomes.length === 0) return noMatchSentence(notRun, 'no mapping has its name')
  if (outcomes.some(({ error }) => error !== undefined)) return undefined
  return outcomes.flatMap(({ logs }) => logs).at(-1)?.message
}

/** The person as PostHog stores it after all of the events. */
export function personAfter(before: readonly CapturedEvent[], event: CapturedEvent): Person {
  const persons = new Persons()
  for (const each of before) persons.after(each)
  return persons.after(event)
}

function shownRequest(
  mapping: string,
  { method, url, headers, body = '', status, answer, error }: SentRequest,
  isSent: boolean,
): ShownRequest {
  const shown = { mapping, method, url, headers: shownHeaders(headers), body }
  if (!isSent) return shown
  return {
    ...shown,
    answer: { ...(status !== undefined && { status }), ...(error !== undefined && { error }), body: answer },
  }
}

const GROUPS: Readonly<Record<string, Verdict['matched']>> = {
  event: ['Events to send'],
  contact: ['Update contacts'],
  both: ['Events to send', 'Update contacts'],
}
