import type { CircuitBreaker } from '../circuit-breaker'
import type { PersonLookUp } from '../posthog/look-up'
import type { Settings } from '../settings/settings'
import type { ContactLog } from './contact-log'
import type { Lanes } from './lanes'
import type { LastAccepted } from './last-accepted'
import type { Links } from './links'
import type { EventLog } from './log'
import type { EventQueue } from './queue'
import type { RateLimit } from './rate-limit'

/** The parts that the deliveries of a worker share. */
export interface Parts {
  readonly settings: Settings
  readonly log: EventLog
  readonly queue: EventQueue
  readonly lanes: Lanes
  readonly links: Links
  readonly rateLimit: RateLimit
  readonly contactLog: ContactLog
  readonly lastAccepted: LastAccepted
  readonly circuitBreaker: CircuitBreaker
  readonly lookUp: PersonLookUp
}
