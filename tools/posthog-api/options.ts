/** The options and the key of a command that asks PostHog. */
import { keyIn } from '../lib/keys'
import { UsageError } from '../lib/usage-error'

/**
 * The URL of --posthog without a slash at the end. A path is kept, since a self-hosted PostHog may be below one.
 *
 * @throws UsageError if it is missing, no address, or that of a page.
 */
export function serverAddress(text: string | undefined): string {
  if (text === undefined) throw new UsageError('--posthog is missing: write --posthog https://eu.posthog.com.')
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isAddress = url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.search + url.hash === ''
  // The sentence does not repeat the text, in which a password may stand.
  if (!isAddress) throw new UsageError('--posthog must be the URL of a server, like https://eu.posthog.com.')
  // PostHog Cloud takes events at one address, and questions at another.
  url.hostname = url.hostname.replace(/\.i\.posthog\.com$/, '.posthog.com')
  if (/^\/(project|organization|login|settings|api|functions|pipeline)\b/.test(url.pathname)) {
    throw new UsageError(`--posthog "${text}" is the URL of a page: write ${url.origin}.`)
  }
  return (url.origin + url.pathname).replace(/\/+$/, '')
}

/**
 * The URL, if what is sent there stays secret: https, this machine, or --insecure.
 *
 * @param keys what would travel unencrypted.
 * @throws UsageError
 */
export function safeAddress(address: string, keys: string, isInsecure = false): string {
  const { protocol, hostname } = new URL(address)
  if (isInsecure || protocol === 'https:' || isLoopback(hostname)) return address
  throw new UsageError(
    `${address} is plain http, over which ${keys} would travel unencrypted: write https, or add --insecure in a network that you trust.`,
  )
}

export function isLoopback(hostname: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}

/** The ID of --project; without it the project that the owner of the key opened last. @throws UsageError if it is none. */
export function projectId(text = '@current'): string {
  if (/^(@current|[1-9]\d*)$/.test(text)) return text
  throw new UsageError(`--project "${text}" must be a number: copy it from any PostHog URL (/project/12345/).`)
}

/** @throws UsageError if POSTHOG_API_KEY is missing or no personal API key. */
export function personalKey(environment: NodeJS.ProcessEnv, scopes: readonly string[]): string {
  const remedy = `create a personal API key (phx_...) with ${inWords(scopes)} in PostHog, Settings -> Personal API keys`
  const key = keyIn(environment, 'POSTHOG_API_KEY', remedy)
  if (/^ph[cs]_/.test(key))
    throw new UsageError(`POSTHOG_API_KEY is a key of the project, not a personal one: ${remedy}.`)
  return key
}

/** The scopes for sentences. */
export function inWords(scopes: readonly string[]): string {
  return `the scope${scopes.length === 1 ? '' : 's'} ${scopes.join(' and ')}`
}
