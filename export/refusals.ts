/** A sentence for each answer with which PostHog, or what stands in front of it, refuses. */
import { own } from '../src/json'
import { withoutSecrets } from '../src/redact'

export interface Refusal {
  readonly status: number
  /** The answer; `undefined` if it is no JSON. */
  readonly json: unknown
  /** Where a redirect leads. */
  readonly location: string | null
  readonly posthog: string
  readonly project: string
  readonly key: string
  /** The projects that the key reaches, if PostHog tells. */
  readonly projects: readonly string[]
}

const KEYS = 'Settings -> Personal API keys'

/** Why the export cannot go on, with the remedy; without the key. */
export function refusal(answer: Refusal): string {
  const { status, json, location, posthog, key } = answer
  if (status >= 300 && status < 400) return redirected(status, location, posthog)
  if (status === 401) {
    return `PostHog does not accept the key in POSTHOG_API_KEY (401): create a personal API key with the scope "person:read" in ${KEYS}.`
  }
  if (json === undefined) return withoutJson(posthog, status)
  if (status === 403) return forbidden(answer)
  if (status === 404) return notFound(answer)
  return `PostHog answers ${status}: ${withoutSecrets(detailOf(json), key)}`
}

/** What to say of an answer that is no JSON: a web page, or a text. */
export function withoutJson(posthog: string, status = 200): string {
  return (
    `${posthog} answers with something else than PostHog's data (${status}), as a proxy or a login page does: ` +
    'give the address at which PostHog itself can be reached.'
  )
}

function redirected(status: number, location: string | null, posthog: string): string {
  const target = location === null || !URL.canParse(location, posthog) ? undefined : new URL(location, posthog).origin
  return `${posthog} redirects (${status})${target === undefined ? '' : ` to ${target}`}: give the address of PostHog itself.`
}

function forbidden({ json, project, key }: Refusal): string {
  const detail = detailOf(json)
  const [, scope] = /missing required scope '([\w:]+)'/.exec(detail) ?? []
  if (scope !== undefined) return `The key in POSTHOG_API_KEY lacks the scope "${scope}" (403): add it in ${KEYS}.`
  if (/access to the requested project/.test(detail)) {
    return `The key in POSTHOG_API_KEY may not read the ${projectName(project)} (403): name another with --project, or change the key in ${KEYS}.`
  }
  return `PostHog refuses the key in POSTHOG_API_KEY (403): ${withoutSecrets(detail, key)}`
}

/** PostHog's own sentence. */
function detailOf(json: unknown): string {
  const detail = own(json, 'detail')
  return typeof detail === 'string' ? detail : 'it gives no reason.'
}

function notFound({ project, projects }: Refusal): string {
  const known = projects.length === 0 ? 'PostHog shows the number under Settings' : `there are ${projects.join(', ')}`
  return `PostHog does not know the ${projectName(project)} (404): name another with --project; ${known}.`
}

function projectName(project: string): string {
  return project === '@current' ? 'project that the owner of the key opened last' : `project ${project}`
}
