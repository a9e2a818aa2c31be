import type { AppConfig } from './config-file'
import { appDirectory } from './app-files'
import type { CapturedEvent } from '../posthog/ingestion'
import { createInstallation, type Installation, type InstallationOptions, type Worker } from '../posthog/plugin-server'
import type { ServerVersion } from '../posthog/versions'

/** What the app makes of an event, as far as can be seen from outside. */
export interface Explanation {
  /** The halves of the app that the event matches. */
  matched: ('Events to send' | 'Update contacts')[]
  /** Why it is not sent all the same. */
  skipped?: string
  /** The user ID, if the request has no address beside it. */
  userIdAlone?: string
}

/**
 * Finds out what the app makes of events by dry runs beside the real one, each with one half of the app turned off.
 * Settings that the app refuses give no match; the real run tells why.
 */
export class DryRuns {
  private readonly halves: { name: Explanation['matched'][number]; installation: Installation; worker: Worker }[]

  constructor(config: AppConfig, server: ServerVersion, options: Pick<InstallationOptions, 'trusted'> = {}) {
    const half = (name: Explanation['matched'][number], changes: AppConfig) => {
      const installation = createInstallation({
        ...options,
        directory: appDirectory,
        server,
        config: { ...config, ...changes, delivery: 'direct', dryRun: 'Yes' },
        fetch: (url) => Promise.reject(new Error(`A dry run must not ask ${url}`)),
      })
      return { name, installation, worker: installation.startWorker() }
    }
    this.halves = [half('Events to send', { contactEvents: '' }), half('Update contacts', { trackedEvents: '' })]
  }

  async explain(event: CapturedEvent): Promise<Explanation> {
    const explanation: Explanation = { matched: [] }
    for (const { name, installation, worker } of this.halves) {
      const logged = installation.logs.length
      await worker.deliver(event)
      const line = installation.logs.slice(logged).find(({ message }) => message.startsWith('Dry run: '))
      if (line === undefined) continue
      explanation.matched.push(name)
      const [, reason] = / is skipped: (.*)\.$/.exec(line.message) ?? []
      if (reason !== undefined) explanation.skipped = reason
      else Object.assign(explanation, userIdAloneIn(line.message))
    }
    return explanation
  }

  close(): void {
    this.halves.forEach(({ installation }) => {
      installation.close()
    })
  }
}

function userIdAloneIn(message: string): Pick<Explanation, 'userIdAlone'> {
  const body = JSON.parse(message.replace(/^Dry run: \S+ \S+ /, '')) as { email?: string; userId?: string }
  return body.email === undefined && body.userId !== undefined ? { userIdAlone: body.userId } : {}
}
