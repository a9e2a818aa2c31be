/** What PostHog's server gives a run of a Hog function besides its inputs. */
import type { CapturedEvent } from '../../lib/shapes'
import type { Person } from './persons'

/** PostHog gives every event a person, if only one without properties; a test may leave anything out but the event. */
export interface Globals {
  readonly event: Readonly<Record<string, unknown>>
  readonly person?: Readonly<Record<string, unknown>>
  readonly [name: string]: unknown
}

export interface Project {
  readonly id: number
  readonly name: string
}

export const DEFAULT_PROJECT: Project = { id: 1, name: 'Default project' }

const POSTHOG = 'https://posthog.example.com'

export function projectGlobal({ id, name }: Project) {
  return { id, name, url: `${POSTHOG}/project/${id}` }
}

/**
 * @param person what PostHog stores once the event is in.
 * @param source the name of the function.
 */
export function globalsOf(event: CapturedEvent, person: Person, source: string, ofProject = DEFAULT_PROJECT): Globals {
  const project = projectGlobal(ofProject)
  const { uuid, event: name, distinct_id, properties, timestamp } = event
  const url = `${project.url}/events/${uuid}/${encodeURIComponent(timestamp)}`
  return {
    event: { uuid, event: name, distinct_id, properties, elements_chain: '', timestamp, url },
    person: { ...person, url: `${project.url}/person/${encodeURIComponent(distinct_id)}` },
    // The simulator knows no groups: a template of one that is missing is null, as in PostHog.
    groups: {},
    project,
    source: { name: source, url: `${project.url}/functions` },
  }
}
