import { readConfiguration } from '../../destination/from-settings/read'
import type { Configuration } from '../../destination/from-settings/read'
import { parseJsonAt, readTextFile } from '../lib/text-file'
import { optionsIn } from '../lib/command-line'
import { UsageError } from '../lib/usage-error'
import { personalKey, projectId, safeAddress, serverAddress } from '../posthog-api/options'

/** What the export needs of the key. */
export const SCOPES = ['person:read']

export interface ExportOptions {
  /** The URL of the PostHog server, without a slash at the end. */
  readonly posthog: string
  /** A project ID, or `@current`: the project that the owner of the key opened last. */
  readonly project: string
  /** A personal API key of PostHog. */
  readonly key: string
  /** The path of the CSV. */
  readonly out: string
  /** The settings of either edition. */
  readonly config: Configuration
  /** Persons that PostHog created earlier are left out: milliseconds since 1970. */
  readonly since?: number
  /** The person property that holds the user ID. */
  readonly userIdProperty?: string
}

export const help = `Writes a CSV of PostHog's persons for the import of Loops, by the app's settings. docs/export.md explains it.

Usage: POSTHOG_API_KEY=phx_... npm run export-contacts -- --posthog URL --out FILE [options]

  --posthog URL       the URL of PostHog, like https://eu.posthog.com
  --out FILE          the CSV; the files FILE.rows and FILE.state next to it contain what was read so far
  --project ID        the project (the one that the owner of the key opened last)
  --config FILE       the settings of the app or of the destination, as JSON (the defaults)
  --since DATE        leave out persons whom PostHog has created earlier, like 2024-05-01
  --user-id PROPERTY  the person property that contains the user ID (the setting "User ID")
  --insecure          send the key over plain http to another machine
  --help              show this

The key is a personal API key with the scope "person:read". Ctrl-C stops it; run the same command again to continue.
`

/**
 * Reads the command line.
 *
 * @returns `undefined` if help is asked for.
 * @throws UsageError for a missing or unknown option, a wrong address, date or property, a settings file that cannot be read,
 * or a missing key.
 */
export function parseOptions(args: string[], environment: NodeJS.ProcessEnv): ExportOptions | undefined {
  const values = parsedArguments(args, environment)
  if (values.help === true) return undefined
  const { posthog, out, project, config, since, 'user-id': userIdProperty } = values
  const address = safeAddress(serverAddress(posthog), 'the key', values.insecure)
  if (out === undefined || out === '') throw new UsageError('--out is missing: write --out contacts.csv.')
  return {
    posthog: address,
    project: projectId(project),
    out,
    config: config === undefined ? { settings: {} } : configurationIn(config),
    ...(since !== undefined && { since: time(since) }),
    ...(userIdProperty !== undefined && { userIdProperty: propertyName(userIdProperty) }),
    key: personalKey(environment, SCOPES),
  }
}

function parsedArguments(args: string[], environment: NodeJS.ProcessEnv) {
  const options = {
    posthog: { type: 'string' },
    out: { type: 'string' },
    project: { type: 'string' },
    config: { type: 'string' },
    since: { type: 'string' },
    'user-id': { type: 'string' },
    insecure: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  return optionsIn('npm run export-contacts', args, options, environment)
}

function configurationIn(path: string): Configuration {
  const text = readTextFile(path)
  const read = readConfiguration(parseJsonAt(path, text), path, text)
  if (read.refusals !== undefined) throw new UsageError(read.refusals.join('\n'))
  return read
}

function time(text: string): number {
  const since = Date.parse(text)
  if (Number.isNaN(since)) throw new UsageError(`--since takes a date like 2024-05-01, not '${text}'.`)
  return since
}

function propertyName(text: string): string {
  if (text.trim() !== '' && !/[{}]/.test(text)) return text
  throw new UsageError('--user-id takes the name of a person property without braces, like --user-id user_id.')
}
