import type { CapturedEvent } from '../../lib/shapes'

type Properties = Readonly<Record<string, unknown>>

/** A person as PostHog gives it to a destination. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly properties: Properties
}

interface StoredPerson {
  readonly id: string
  properties: Properties
  /** The person that this one has become a part of. */
  joinedTo?: StoredPerson
}

/** The persons that PostHog stores, made of the events so far: `$identify` and aliases join two of them. */
export class Persons {
  private readonly persons = new Map<string, StoredPerson>()
  private created = 0

  /** Stores what the event says of its person, and returns the person as it is then. */
  after(event: CapturedEvent): Person {
    const { distinct_id: name, properties } = event
    // PostHog stores no person of such an event.
    if (properties['$process_person_profile'] === false) return { ...this.newPerson(), name }
    const other = otherIdIn(event)
    if (other !== undefined) this.join(this.personWith(name), this.personWith(other))
    const person = this.personWith(name)
    person.properties = changed(person.properties, properties)
    return { id: person.id, name, properties: person.properties }
  }

  /** Where both have a property, that of `kept` stays. */
  private join(kept: StoredPerson, other: StoredPerson): void {
    if (kept === other) return
    kept.properties = { ...other.properties, ...kept.properties }
    other.joinedTo = kept
  }

  private personWith(distinctId: string): StoredPerson {
    let person = this.persons.get(distinctId) ?? this.newPerson()
    while (person.joinedTo !== undefined) person = person.joinedTo
    this.persons.set(distinctId, person)
    return person
  }

  private newPerson(): StoredPerson {
    this.created += 1
    return { id: `00000000-0000-4000-8000-${String(this.created).padStart(12, '0')}`, properties: {} }
  }
}

/** `$set` replaces, `$set_once` only adds, and `$unset` removes: a list of names, or an object with those names. */
function changed(stored: Properties, { $set, $set_once, $unset }: Properties): Properties {
  const removed: readonly unknown[] = Array.isArray($unset) ? $unset : Object.keys(objectIn($unset))
  const properties = { ...objectIn($set_once), ...stored, ...objectIn($set) }
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !removed.includes(name)))
}

function objectIn(value: unknown): Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Properties) : {}
}

/** The distinct_id whose person the event joins to its own. */
function otherIdIn({ event, properties }: CapturedEvent): string | undefined {
  const isAlias = event === '$create_alias' || event === '$merge_dangerously'
  const id = event === '$identify' ? properties['$anon_distinct_id'] : isAlias ? properties['alias'] : undefined
  return typeof id === 'string' && id !== '' ? id : undefined
}
