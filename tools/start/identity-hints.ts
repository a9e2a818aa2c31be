/** What the requests of a replay tell of emails that may be somebody else's. */
import { emailOfAnother, UserIdsOfEmails } from '../lib/emails-of-others'
import { fieldsOf } from '../lib/request-body'
import { Persons } from '../simulators/hog/persons'
import type { CapturedEvent } from '../lib/shapes'
import type { FileEvent } from '../simulators/posthog/event-file'
import type { EventResult } from './edition'
import { withNoun } from './progress'

export class IdentityHints {
  private readonly persons = new Persons()
  private readonly userIds = new UserIdsOfEmails()
  private readonly emailsOfSeveral = new Set<string>()

  /** A sentence about the requests of an event, if there is anything to say. */
  note({ event, person }: FileEvent, { outcome }: EventResult): string[] {
    const stored = this.persons.after(withEmailAlone(event)).properties
    const requests = [
      ...outcome.made.map(({ body = '' }) => body),
      ...outcome.logs.flatMap(({ message }) => /^Dry run: \S+ \S+ (\{.*)$/.exec(message)?.[1] ?? []),
    ].map(fieldsOf)
    for (const request of requests) {
      if (this.userIds.note(request) !== undefined) this.emailsOfSeveral.add(String(request.email).toLowerCase())
    }
    const sentences = requests.map((request) => emailOfAnother(request, event, (person ?? stored)['email']))
    return [...new Set(sentences.filter((sentence) => sentence !== undefined))]
  }

  /** A sentence about the whole replay, or an empty text. */
  summary(): string {
    const { size } = this.emailsOfSeveral
    if (size === 0) return ''
    return (
      `${withNoun(size, 'email')} ${size === 1 ? 'was' : 'were'} sent with several user IDs, of which Loops keeps the last: ` +
      'if "Email of the user" names an event property, it may hold somebody else\'s email: write {person.properties.email}.\n\n'
    )
  }
}

/** The event with what decides which email its person has: the memory holds nothing else of it. */
function withEmailAlone(event: CapturedEvent): CapturedEvent {
  const { $set, $set_once, $unset, $anon_distinct_id, alias, $process_person_profile } = event.properties
  return {
    ...event,
    properties: {
      $set: emailIn($set),
      $set_once: emailIn($set_once),
      $unset,
      $anon_distinct_id,
      alias,
      $process_person_profile,
    },
  }
}

function emailIn(set: unknown): { email?: unknown } {
  const isObject = typeof set === 'object' && set !== null && 'email' in set
  return isObject ? { email: set.email } : {}
}
