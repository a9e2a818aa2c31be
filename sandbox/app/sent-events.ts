import type { CapturedEvent } from '../posthog/ingestion'
import type { Outcome } from './observed-app'

/** What an app has sent and been told before, as far as it decides whether the next event is sent. */
export class SentEvents {
  private readonly uuids = new Set<string>()
  private readonly unknown = new Set<string>()

  /** Whether Loops has, or will have by a job, an event or update with this uuid. */
  hasSent({ uuid }: CapturedEvent): boolean {
    return this.uuids.has(uuid)
  }

  /** The user IDs of which Loops has answered that it knows no contact, and knows none since. */
  get unknownUserIds(): ReadonlySet<string> {
    return this.unknown
  }

  note({ uuid }: CapturedEvent, { made, waits }: Pick<Outcome, 'made' | 'waits'>): void {
    if (waits || made.some(isTaken)) this.uuids.add(uuid)
    for (const request of made) {
      const { pathname, searchParams } = new URL(request.url)
      const asked = searchParams.get('userId')
      if (pathname.endsWith('/contacts/find') && asked !== null && request.answer === '[]') this.unknown.add(asked)
      if (isTaken(request)) this.unknown.delete(String(userIdIn(request.body)))
    }
  }
}

/** Whether Loops has what was to be written; it answers 409 to an event that it has had before. */
function isTaken({ method, status }: Outcome['made'][number]): boolean {
  return method !== 'GET' && status !== undefined && (status < 300 || status === 409)
}

function userIdIn(body = '{}'): unknown {
  return (JSON.parse(body) as { userId?: unknown } | null)?.userId
}
