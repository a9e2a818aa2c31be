import { settingFields } from '../lib/app-files'
import type { AppConfig, CapturedEvent } from '../lib/shapes'
import { DryRuns, type Explanation } from '../simulators/app/dry-runs'
import { heldBackClauses, waitSentence, whyNothingWasSent } from '../simulators/app/why-nothing-was-sent'
import { ObservedApp, type Outcome } from '../simulators/app/observed-app'
import type { ServerVersion } from '../simulators/posthog/versions'
import type { Result, ShownRequest, Verdict } from './contract'
import { mockedLoops } from './loops'
import { shownHeaders, withoutKey } from './masking'
import { missingIn, type Mapped } from './missing'
import { rowsOfMapping } from './page/setting-text'
import { problemsWith } from './settings-problems'
import { warningsForApp } from './warnings'

/** The settings and the server of the app. */
export interface SetUp {
  config: AppConfig
  server: ServerVersion
}

/** An event, and the properties of its person that PostHog stores once the event is in. */
export interface StoredEvent {
  event: CapturedEvent
  stored: Readonly<Record<string, unknown>>
}

/** The result of an event with HTTP requests mocked out: the app sends to a Loops that stores nothing. */
export async function mockedResult(setUp: SetUp, given: StoredEvent): Promise<Result> {
  const { config, server } = setUp
  const problems = await problemsWith(config, server)
  if (problems.length > 0) return { ...offResult(setUp, { errors: [] }), problems }
  // No request leaves this process, so the app needs no rate limit, and its own dry run is off.
  const unlimited = { ...config, requestsPerSecond: '1000', dryRun: 'No' }
  const app = new ObservedApp({ server, config: unlimited, fetch: mockedLoops(), trusted: true })
  try {
    const outcome = await app.deliver(given.event)
    const result = await resultOf(setUp, given, outcome)
    return { ...result, requests: result.requests.map(({ answer, ...request }) => request), logs: [] }
  } finally {
    app.close()
  }
}

/** The result while PostHog has turned the app off. */
export function offResult({ config }: SetUp, { errors }: Pick<Outcome, 'errors'>): Result {
  const reason = 'The app is off until its settings are fixed.'
  const messages = [...new Set(errors.map(({ message }) => message))]
  return withoutKey({ ...nothingTried(reason), errors: messages }, config.apiKey)
}

/** The result of an event that nothing was tried with, for this reason. */
export function nothingTried(reason: string): Result {
  return { verdict: { matched: [] }, requests: [], reason, missing: [], warnings: [], errors: [], logs: [] }
}

/** The result of a delivered event. */
export async function resultOf(setUp: SetUp, { event, stored }: StoredEvent, outcome: Outcome): Promise<Result> {
  const explanation = await explained(setUp, event)
  const verdict = verdictOf(explanation)
  const requests = outcome.made.filter(({ by }) => by !== 'setupPlugin').map(shownRequest)
  const [request] = requests.filter(({ body }) => body !== '')
  const config = withDefaults(setUp.config)
  const reason = whyNothingWasSent(config, setUp.server, explanation, outcome)
  const errors = outcome.errors.map(({ name, message }) => `${name}: ${message}`)
  const result: Result = {
    verdict,
    requests,
    ...(reason !== undefined && { reason }),
    ...(explanation.matched.length === 0 && explanation.nearMisses.length === 0 && { isUnnamed: true as const }),
    missing: request === undefined ? [] : missingIn(request.body, mappedBy(config, verdict)),
    warnings: [
      ...(explanation.matched.length === 0 ? [] : heldBackClauses(explanation.nearMisses)),
      ...(request === undefined ? [] : warningsForApp({ ...setUp, config, event, verdict, request, stored })),
      ...explanation.hints,
    ],
    errors: [...new Set([...errors, ...(outcome.waitsFor === undefined ? [] : [waitSentence(outcome.waitsFor)])])],
    logs: outcome.logs.filter(({ level }) => level !== 'ERROR').map(({ level, message }) => `${level} ${message}`),
  }
  return withoutKey(result, setUp.config.apiKey)
}

/** The names that the settings map for the groups that the event matches. */
function mappedBy({ eventProperties = '', contactProperties = '' }: AppConfig, { matched }: Verdict): Mapped {
  const namesIn = (group: Verdict['matched'][number], text: string) =>
    matched.includes(group) ? (rowsOfMapping(text) ?? []).map(([name = '']) => name) : []
  return {
    event: namesIn('Events to send', eventProperties),
    contact: namesIn('Update contacts', contactProperties),
  }
}

function shownRequest({
  method,
  url,
  headers,
  body = '',
  status,
  error,
  answer,
}: Outcome['made'][number]): ShownRequest {
  return {
    method,
    url,
    headers: shownHeaders(headers),
    body,
    answer: { ...(status !== undefined && { status }), ...(error !== undefined && { error }), body: answer },
  }
}

/** The part of an explanation that the page shows. */
export function verdictOf({ matched, skipped }: Explanation): Verdict {
  return { matched, ...(skipped !== undefined && { skipped }) }
}

async function explained({ config, server }: SetUp, event: CapturedEvent): Promise<Explanation> {
  const dryRuns = new DryRuns(config, server, { trusted: true })
  try {
    return await dryRuns.explain(event)
  } finally {
    dryRuns.close()
  }
}

/** Fills in the defaults of plugin.json, as the app does. */
function withDefaults(config: AppConfig): AppConfig {
  return { ...Object.fromEntries(settingFields().map((field) => [field.key, field.default])), ...config }
}
