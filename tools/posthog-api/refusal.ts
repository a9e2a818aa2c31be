/** A sentence for each answer with which PostHog, or what stands in front of it, refuses. */
import { UsageError } from '../lib/usage-error'
import { ownProperty } from '../../src/json'
import { withoutSecrets } from '../../src/redact'
import { inWords } from './options'

/** An answer of PostHog that is no success, or none, with a sentence that says what to do. */
export class Refusal extends UsageError {
  constructor(
    sentence: string,
    /** 0 without an answer. */
    readonly status: number,
    /** What PostHog says; empty if the answer is a page. */
    readonly detail: string,
    /** The seconds to wait, if PostHog tells; otherwise 0 or NaN. */
    readonly retryAfter = 0,
  ) {
    super(sentence)
  }

  /** True if PostHog itself does not know what was asked for; a proxy's page does not tell. */
  get isNotFound(): boolean {
    return this.status === 404 && this.detail !== ''
  }
}

/** A request that PostHog did not answer as expected. */
export interface Refused {
  /** The URL of PostHog. */
  readonly posthog: string
  /** What the command needs of the key. */
  readonly scopes: readonly string[]
  readonly method: string
  readonly path: string
  readonly status: number
  readonly headers: Headers
  /** The parsed answer; `undefined` if it is not PostHog's. */
  readonly json: unknown
}

export function refusalOf(refused: Refused): Refusal {
  const { method, status, headers, json } = refused
  const detail = detailOf(json)
  const uncertain = method !== 'GET' && status >= 500 ? ` ${UNCERTAIN}` : ''
  return new Refusal(sentenceOf(refused, detail) + uncertain, status, detail, Number(headers.get('retry-after')))
}

const UNCERTAIN =
  'PostHog may have done it anyway: run the command again, which finds what it has created and continues.'

/** @param reason why there is no answer. */
export function notReached(posthog: string, method: string, reason: string): Refusal {
  const uncertain = method === 'GET' ? '' : ` ${UNCERTAIN}`
  const sentence = `${posthog} cannot be reached (${reason}): check the URL and the network.${uncertain}`
  return new Refusal(sentence, 0, reason)
}

function sentenceOf({ posthog, scopes, method, path, status, headers, json }: Refused, detail: string): string {
  const request = `${method} ${path}`
  const keys = `${posthog}/settings/user-api-keys`
  const location = headers.get('location')
  if (status >= 300 && status < 400 && location !== null) {
    return `${posthog} redirects to ${originOf(location)}: if that is your PostHog, write it after --posthog.`
  }
  if (detail === '') {
    return `${posthog} answered ${status} to ${request} with a page instead of PostHog's API: a proxy or a login page is in front of it, or the URL is not that of PostHog.`
  }
  if (status === 401) {
    return `PostHog refuses the key in POSTHOG_API_KEY: create a personal API key with ${inWords(scopes)} at ${keys}. A key of the US is unknown in the EU.`
  }
  if (status === 403) return forbiddenSentence(request, keys, scopes, detail)
  if (status === 404) return `PostHog has no ${path}: ${detail}`
  if (status === 400) {
    const attr = ownProperty(json, 'attr')
    const what = typeof attr === 'string' && attr !== '' ? `"${attr.replaceAll('__', '.')}"` : request
    const [, remedy = ''] = REMEDIES.find(([words]) => detail.includes(words)) ?? []
    return `PostHog refuses ${what}: ${detail}${remedy}`
  }
  if (status === 429) return 'PostHog accepts no more requests at the moment: wait a minute, and run the command again.'
  return `PostHog answered ${status} to ${request}: ${detail}`
}

/** What PostHog says to a request that it does not take, and what to do. */
const REMEDIES: readonly (readonly [string, string])[] = [
  [
    'addon is required',
    ' Until mid-September 2025 PostHog accepted such a destination only with an add-on: update PostHog, or install the app (docs/servers.md).',
  ],
  [
    'Invalid filter configuration',
    ' PostHog cannot compile a cohort in the project\'s filter of internal and test users: turn off "Filter out internal and test users" in each mapping (filter_test_accounts in the file of --config), or save it with --disabled.',
  ],
  ['Invalid template', ' Write Hog between the braces, like {person.properties.plan}.'],
]

function forbiddenSentence(request: string, keys: string, scopes: readonly string[], detail: string): string {
  const [, missing] = /required scope '([^']+)'/.exec(detail) ?? []
  if (missing !== undefined) {
    // A command that writes would lack the scope to write next.
    const writes = scopes.some((scope) => scope.endsWith(':write'))
    const scope = writes ? missing.replace(/:read$/, ':write') : missing
    return `The key in POSTHOG_API_KEY lacks the scope ${missing}: add ${scope} at ${keys}.`
  }
  if (/access to the requested (project|organization)|scoped projects/.test(detail)) {
    return `The key in POSTHOG_API_KEY is limited to other projects: name one of them with --project, or allow this one at ${keys}. PostHog says: ${detail}`
  }
  return `PostHog does not allow ${request} to the owner of the key: ${detail}`
}

/** What PostHog says, without emails of people; the keys are masked where the command prints. */
function detailOf(json: unknown): string {
  if (typeof json !== 'object' || json === null) return ''
  const detail = ownProperty(json, 'detail')
  // The test of a function answers a wrong configuration with the errors by field.
  return withoutSecrets(typeof detail === 'string' && detail !== '' ? detail : JSON.stringify(json).slice(0, 500), '')
}

function originOf(location: string): string {
  return URL.canParse(location) ? new URL(location).origin : location
}
