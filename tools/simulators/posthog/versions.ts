/** The differences between generations of self-hosted PostHog servers that an app can see. */
export interface ServerVersion {
  readonly name: string
  /** The releases or build dates that behave like this. */
  readonly from: string
  readonly until: string
  /** Where it takes a new app: first in its page, from 2024-04-02 by REST, and from 2025-07-24 nowhere. */
  readonly installs: readonly ('page' | 'rest')[]
  /** The release of `@babel/standalone` that compiles the app. It decides what syntax is understood. */
  readonly babel: '7.13.7' | '7.21.4'
  /** The release of Node.js. Babel lowers newer syntax to it; newer built-ins are missing. */
  readonly node: 14 | 16 | 18
  readonly onEvent: boolean
  /** `bound`: looked up when the app is loaded and never called. */
  readonly composeWebhook: 'called' | 'bound' | false
  /** Whether a promise that `composeWebhook` returns is awaited. If not, the promise is taken for the webhook. */
  readonly composeWebhookAwaited: boolean
  /** How often `onEvent` is tried when it throws `RetryError`; the waits are 5 s, doubling. */
  readonly onEventTries: number
  /** Whether a time-out counts as a `RetryError`. */
  readonly timeoutIsRetryError: boolean
  readonly webhookBodyEncodedTwice: boolean
  readonly webhookTimeoutSeconds: number
  /** Which worker gets an event: any of the server's threads, or the process that has all events of the distinct_id. */
  readonly eventsGoTo: 'any thread' | 'the process of the distinct_id'
  /** Whether jobs are run and `meta.jobs` is there. */
  readonly jobs: boolean
  /** How a job runner takes the next job. `ended`: once the job before it has ended; `started`: without waiting for it. */
  readonly nextJobOnce: 'ended' | 'started'
  /** How often a job runner that has found no due job looks again. */
  readonly jobLookMilliseconds: number
  /** The fields of `meta` besides `cache`, `config`, `attachments`, `storage`, `global` and `jobs`. */
  readonly metaExtensions: readonly MetaExtension[]
  /** Whether `meta.cache.get(key, default)` gives the default for a missing key, and not `null`. */
  readonly cacheGivesDefault: boolean
  /** The methods of `meta.cache`. */
  readonly cache: readonly CacheMethod[]
  /** The packages that can be imported. Any other import of a value stops the load. */
  readonly imports: readonly string[]
  /** The global `fetch`. `broken`: calling it gives a function instead of a promise. */
  readonly globalFetch: 'node-fetch' | 'undici' | 'broken'
  /** The library that `import fetch from 'node-fetch'` gives. */
  readonly importedFetch: 'node-fetch' | 'undici'
  /** The methods of `posthog.api`. */
  readonly posthogApi: readonly PosthogApiMethod[]
  /** Which server replaces `@current` in the path of an API call by the project's ID. */
  readonly currentProjectResolvedBy: 'django' | 'server'
  /** Whether `console.debug` reaches the app's Logs tab. */
  readonly debugLogs: boolean
}

export type MetaExtension = 'geoip' | 'metrics' | 'utils'
export type CacheMethod = 'set' | 'get' | 'incr' | 'expire' | 'lpush' | 'lrange' | 'llen' | 'lpop' | 'lrem'
export type PosthogApiMethod = 'get' | 'post' | 'put' | 'patch' | 'delete'

const importsEverywhere = [
  '@google-cloud/pubsub',
  '@google-cloud/storage',
  '@posthog/plugin-scaffold',
  'aws-sdk',
  'crypto',
  'generic-pool',
  'node-fetch',
  'stream',
  'url',
] as const

const importsUntil2022 = [
  ...importsEverywhere,
  '@google-cloud/bigquery',
  '@posthog/plugin-contrib',
  'faker',
  'jsonwebtoken',
  'pg',
  'snowflake-sdk',
  'zlib',
] as const

const version2021: ServerVersion = {
  name: '1.30',
  from: '1.25 (May 2021)',
  until: '1.37 (June 2022)',
  installs: ['page'],
  babel: '7.13.7',
  node: 14,
  onEvent: true,
  composeWebhook: false,
  composeWebhookAwaited: false,
  onEventTries: 1,
  timeoutIsRetryError: false,
  webhookBodyEncodedTwice: false,
  webhookTimeoutSeconds: 10,
  eventsGoTo: 'any thread',
  jobs: true,
  nextJobOnce: 'started',
  jobLookMilliseconds: 100,
  metaExtensions: ['geoip', 'metrics', 'utils'],
  cacheGivesDefault: false,
  cache: ['set', 'get', 'incr', 'expire', 'lpush', 'lrange'],
  imports: importsUntil2022,
  globalFetch: 'node-fetch',
  importedFetch: 'node-fetch',
  posthogApi: ['get', 'post', 'put', 'delete'],
  currentProjectResolvedBy: 'django',
  debugLogs: true,
}

/** `cache.get` gives the default from August 2022 on. The servers before are the harder ones, so these behave like them. */
const version2022: ServerVersion = {
  ...version2021,
  name: '1.40',
  from: '1.38 (June 2022)',
  until: '1.43 (early 2023)',
  node: 16,
  onEventTries: 5,
  metaExtensions: ['geoip', 'utils'],
  cache: ['set', 'get', 'incr', 'expire', 'lpush', 'lrange', 'llen', 'lpop', 'lrem'],
}

const version2023: ServerVersion = {
  ...version2022,
  name: '2023-11',
  from: '2023-11-07',
  until: '2024-01-19',
  babel: '7.21.4',
  node: 18,
  composeWebhook: 'called',
  composeWebhookAwaited: true,
  onEventTries: 1,
  timeoutIsRetryError: true,
  eventsGoTo: 'the process of the distinct_id',
  webhookBodyEncodedTwice: true,
  nextJobOnce: 'ended',
  jobLookMilliseconds: 2000,
  cacheGivesDefault: true,
  imports: importsEverywhere,
  posthogApi: ['get', 'post', 'put', 'patch', 'delete'],
  currentProjectResolvedBy: 'server',
  debugLogs: false,
}

const versionEarly2024: ServerVersion = {
  ...version2023,
  name: '2024-02',
  from: '2024-01-19',
  until: 'late 2024',
  installs: ['page', 'rest'],
  webhookBodyEncodedTwice: false,
}

const versionLate2024: ServerVersion = {
  ...versionEarly2024,
  name: '2024-11',
  from: 'late 2024',
  until: '2025-05-22',
  installs: ['rest'],
  composeWebhookAwaited: false,
  jobs: false,
  metaExtensions: ['geoip', 'utils'],
}

const versionMid2025: ServerVersion = {
  ...versionLate2024,
  name: '2025-06',
  from: '2025-05-22',
  until: '2025-07-24',
  composeWebhook: 'bound',
  webhookTimeoutSeconds: 3,
  metaExtensions: ['utils'],
  globalFetch: 'broken',
  importedFetch: 'undici',
}

const versionLate2025: ServerVersion = {
  ...versionMid2025,
  name: '2025-09',
  from: '2025-07-24',
  until: '2025-12-23',
  installs: [],
  composeWebhook: false,
  globalFetch: 'undici',
}

/** The servers that run apps, oldest first. Servers after the last one run no apps. */
export const serverVersions: readonly ServerVersion[] = [
  version2021,
  version2022,
  version2023,
  versionEarly2024,
  versionLate2024,
  versionMid2025,
  versionLate2025,
]

/** The server version called `name`; throws an Error that lists the names if there is none. */
export function serverVersion(name: string): ServerVersion {
  const found = serverVersions.find((version) => version.name === name)
  if (found === undefined) {
    throw new Error(
      `There is no server version '${name}'. There are: ${serverVersions.map((version) => version.name).join(', ')}.`,
    )
  }
  return found
}
