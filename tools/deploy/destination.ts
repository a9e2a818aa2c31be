/** Installs the destination as planned: a hog function of the project. */
import type { MappingFilters } from '../../destination/from-settings/body'
import type { Json } from '../posthog-api/client'
import type { Deployment, Plan } from './plan'
import { pageOf, projectName, shownRequest } from './shown'
import { tryDestination } from './trial'

/**
 * Carries out the plan, or shows it.
 *
 * @param say prints one paragraph.
 * @throws UsageError if PostHog refuses it.
 */
export async function deployDestination(
  { options, client, server, requested }: Deployment,
  plan: Plan,
  say: (text: string) => void,
): Promise<void> {
  const { own, request, path, configuration } = plan
  const isOn = configuration.enabled
  const what = own === undefined ? 'created' : `updated (${own.id})`
  const source =
    requested !== undefined ? 'the settings of --config' : own === undefined ? 'the defaults' : 'its inputs in PostHog'
  const from = options.events === undefined ? source : 'the events of --events'
  const state = isOn ? 'turned on' : 'turned off'
  say(
    [
      `The destination will be ${what} in ${projectName(server.project)}, ${state}, with ${from}:`,
      ...configuration.mappings.map(({ name, filters }) => `  ${name}: ${shownFilters(filters)}`),
    ].join('\n'),
  )
  if (plan.changes.length > 0) say(['Changes in PostHog:', ...plan.changes.map((line) => `  ${line}`)].join('\n'))
  for (const sentence of plan.warnings) say(sentence)
  if (options.dryRun) {
    say(shownRequest(client.address, request))
    return
  }
  const tested = { ...configuration } as Json
  for (const paragraph of await tryDestination(client, { path, configuration: tested })) say(paragraph)
  const { id } = await client.send(request)
  const done = own === undefined ? 'created' : 'updated'
  say(`Done: the destination is ${done}, and ${state}, in ${projectName(server.project)}.`)
  if (own === undefined && !isOn && !options.disabled) say(CHOOSE)
  say(`See it, and turn it on or off, at ${pageOf(client.address, server.project, id)}`)
}

const CHOOSE =
  'It is turned off until you choose the events to send, since the default is $pageview: run the command again with --events "user signed up, order completed", or choose them in PostHog and turn it on there.'

function shownFilters({
  events = [],
  properties = [],
  filter_test_accounts: leavesOut,
}: Partial<MappingFilters>): string {
  const names = events.map(({ id }) => id ?? 'every event').join(', ')
  const parts = [
    events.length === 0 ? 'every event' : names,
    ...(properties.length > 0 ? [`${properties.length} property filter${properties.length === 1 ? '' : 's'}`] : []),
    ...(leavesOut === true ? ['without test accounts'] : []),
  ]
  return parts.join(', ')
}
