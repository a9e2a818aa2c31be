import { UsageError } from '../sandbox/lib/usage-error'

/** An answer of PostHog that is no success, with a sentence that says what to do. */
export class Refusal extends UsageError {
  constructor(
    sentence: string,
    readonly status: number,
    readonly detail: string,
  ) {
    super(sentence)
  }
}

/** A request that PostHog did not answer as expected. */
export interface Refused {
  /** The address of PostHog. */
  readonly posthog: string
  readonly method: string
  readonly path: string
  readonly status: number
  /** The parsed body; `undefined` if it is not JSON. */
  readonly body: unknown
  readonly location: string | null
}

export function refusalOf(refused: Refused): Refusal {
  const { method, status, body } = refused
  const { detail, attr } = fieldsOf(body)
  const uncertain = method !== 'GET' && status >= 500 ? ` ${UNCERTAIN}` : ''
  return new Refusal(sentenceOf(refused, detail, attr) + uncertain, status, detail)
}

const UNCERTAIN =
  'PostHog may have done it all the same: run the command again, which finds what it has made and goes on.'

/** @param reason why there is no answer. */
export function notReached(posthog: string, method: string, reason: string): Refusal {
  const uncertain = method === 'GET' ? '' : ` ${UNCERTAIN}`
  const sentence = `${posthog} cannot be reached (${reason}): check the address and the network.${uncertain}`
  return new Refusal(sentence, 0, reason)
}

function sentenceOf({ posthog, method, path, status, body, location }: Refused, detail: string, attr: string): string {
  const request = `${method} ${path}`
  const keys = `${posthog}/settings/user-api-keys`
  if (status >= 300 && status < 400) {
    return `${posthog} redirects to ${originOf(location)}: if that is your PostHog, write it behind --posthog.`
  }
  if (body === undefined) {
    return `${posthog} answered ${status} to ${request} with a page instead of PostHog's API: a proxy or a login stands before it, or the address is not that of PostHog.`
  }
  if (status === 401) {
    return `PostHog refuses the key in POSTHOG_API_KEY: create a personal API key with the scopes hog_function:write and project:read at ${keys}. A key of one PostHog, as of the US, is not known to another.`
  }
  if (status === 403) return forbiddenSentence(request, keys, detail)
  if (status === 404) return `PostHog has no ${path}: ${detail}`
  if (status === 400) {
    const what = attr === '' ? request : `"${attr.replaceAll('__', '.')}"`
    const [, remedy = ''] = REMEDIES.find(([words]) => detail.includes(words)) ?? []
    return `PostHog refuses ${what}: ${detail}${remedy}`
  }
  if (status === 429) return 'PostHog takes no more requests at the moment: wait a minute, and run the command again.'
  return `PostHog answered ${status} to ${request}: ${detail}`
}

/** What PostHog says of an edition that the server does not take, and what to do. */
const REMEDIES: readonly (readonly [string, string])[] = [
  [
    'addon is required',
    ' Until mid-September 2025 PostHog took such a destination only with an add-on: update PostHog, or install the app with --edition app.',
  ],
  [
    'no longer possible',
    ' Since 2025-07-24 PostHog runs only apps that were configured before: install the destination with --edition destination.',
  ],
]

function forbiddenSentence(request: string, keys: string, detail: string): string {
  const [, scope] = /required scope '([^']+)'/.exec(detail) ?? []
  if (scope !== undefined) {
    return `The key in POSTHOG_API_KEY lacks the scope ${scope}: add ${scope.replace(/:read$/, ':write')} at ${keys}.`
  }
  if (/access to the requested (project|organization)|scoped projects/.test(detail)) {
    return `The key in POSTHOG_API_KEY is limited to other projects: give one of them with --project, or allow this one at ${keys}. PostHog says: ${detail}`
  }
  return `PostHog does not allow ${request} to the owner of the key: ${detail}`
}

function fieldsOf(body: unknown): { readonly detail: string; readonly attr: string } {
  const { detail, attr } = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  if (typeof detail === 'string') return { detail, attr: typeof attr === 'string' ? attr : '' }
  // The test of a function answers a wrong configuration with the errors by field.
  return { detail: body === undefined ? '' : JSON.stringify(body).slice(0, 500), attr: '' }
}

function originOf(location: string | null): string {
  return location !== null && URL.canParse(location) ? new URL(location).origin : String(location)
}
