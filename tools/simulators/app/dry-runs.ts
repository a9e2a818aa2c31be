import { createInstallation } from '../posthog/plugin-server'
import type { Installation, InstallationOptions } from '../posthog/plugin-server'
import type { AppConfig, CapturedEvent } from '../../lib/shapes'
import type { ServerVersion } from '../posthog/versions'
import type { Worker } from '../posthog/worker'
import { appDirectory } from '../../lib/app-files'

/** The groups of settings that an event can match. */
export type SettingsGroup = 'Events to send' | 'Update contacts'

/** How the settings apply to an event, as the app's dry run reports it. */
export interface Explanation {
  /** The groups of settings that the event matches. */
  matched: SettingsGroup[]
  /** Why the app skips a matching event. */
  skipped?: string
  /** Why groups of settings do not match the event, where a name is similar or a filter does not match. */
  nearMisses: { group: SettingsGroup; reason: string }[]
  /** Properties that the settings name and the event lacks, although it has one with a similar name: a clause each. */
  hints: string[]
  /** The user ID of a request that has no email. */
  userIdAlone?: string
}

interface DryRun {
  group: SettingsGroup
  installation: Installation
  worker: Worker
}

/**
 * Explains events by two dry runs of the app, each with one group of settings emptied. Settings that the app refuses match
 * no event; the real run reports their errors.
 */
export class DryRuns {
  private readonly dryRuns: DryRun[]

  constructor(
    config: AppConfig,
    server: ServerVersion,
    options: Pick<InstallationOptions, 'trusted' | 'clock' | 'posthogApi'> = {},
  ) {
    const dryRun = (group: SettingsGroup, changes: AppConfig): DryRun => {
      const installation = createInstallation({
        ...options,
        directory: appDirectory,
        server,
        config: { ...config, ...changes, delivery: 'direct', dryRun: 'Yes' },
        fetch: (url) => Promise.reject(new Error(`A dry run must not ask ${url}`)),
      })
      return { group, installation, worker: installation.startWorker() }
    }
    this.dryRuns = [dryRun('Events to send', { contactEvents: '' }), dryRun('Update contacts', { trackedEvents: '' })]
  }

  async explain(event: CapturedEvent): Promise<Explanation> {
    const skipped: SettingsGroup[] = []
    const explanation: Explanation = { matched: [], nearMisses: [], hints: [] }
    for (const { group, installation, worker } of this.dryRuns) {
      await worker.deliver(event)
      const [line, ...others] = installation.logs.filter(({ message }) => message.startsWith('Dry run: '))
      installation.forget()
      if (line === undefined) continue
      const clauses = others.map(({ message }) => message.slice('Dry run: '.length, -1))
      explanation.hints = [...new Set([...explanation.hints, ...clauses])]
      const [, verb, reason] = / (is skipped|matches no setting): (.*)\.$/.exec(line.message) ?? []
      if (reason === undefined) {
        explanation.matched.push(group)
        Object.assign(explanation, userIdAloneIn(line.message))
      } else if (verb === 'is skipped') {
        skipped.push(group)
        explanation.skipped = reason
      } else {
        explanation.nearMisses.push({ group, reason })
      }
    }
    if (explanation.matched.length === 0) return { ...explanation, matched: skipped }
    // An event that is too old to be sent may still update its contact.
    delete explanation.skipped
    return explanation
  }

  close(): void {
    this.dryRuns.forEach(({ installation }) => {
      installation.close()
    })
  }
}

function userIdAloneIn(message: string): Pick<Explanation, 'userIdAlone'> {
  const body = JSON.parse(message.replace(/^Dry run: \S+ \S+ /, '')) as { email?: string; userId?: string }
  return body.email === undefined && body.userId !== undefined ? { userIdAlone: body.userId } : {}
}
