import type { Problem } from '../contract'
import { element } from './dom'

interface NamedList {
  id: string
  name: string
}

/** What rows suggest: the properties of the chosen event and of its person, and the mailing lists. */
export class Suggestions {
  private known: readonly NamedList[] = []

  private readonly lists = new Map(
    ['placeholders', 'property-names', 'mailing-lists', 'list-values', 'event-names'].map((id) => {
      const list = element('datalist', { id })
      document.body.append(list)
      return [id, list]
    }),
  )

  showEvent(event: object | undefined): void {
    const properties = objectIn(event, 'properties')
    const person = { ...objectIn(properties, '$set_once'), ...objectIn(properties, '$set') }
    const names = ownFirst(Object.keys(properties)).filter((name) => !['$set', '$set_once', '$unset'].includes(name))
    const personNames = ownFirst(Object.keys(person))
    const placeholders = [
      ...names.map((name) => `{event.properties.${name}}`),
      ...personNames.map((name) => `{person.properties.${name}}`),
    ]
    this.fill('placeholders', placeholders)
    this.fill('property-names', ownFirst([...new Set([...names, ...personNames])]))
    this.fill('list-values', ['true', 'false', ...placeholders])
  }

  showEventNames(events: readonly { readonly event: string }[]): void {
    this.fill('event-names', [...new Set(events.map(({ event }) => event))])
  }

  showLists(lists: readonly NamedList[]): void {
    this.known = lists
    const options = lists.map(({ id, name }) => element('option', { value: id }, name))
    this.lists.get('mailing-lists')?.replaceChildren(...options)
  }

  /** The problems of settings that have a mailing list by its name: Loops knows a list by its ID. */
  listProblems(lists: readonly { readonly key: string; readonly names: readonly string[] }[]): Problem[] {
    return lists.flatMap(({ key, names }) =>
      names.flatMap((name) => {
        const found = this.known.find((list) => list.name.toLowerCase() === name.trim().toLowerCase())
        return found === undefined || found.id === name
          ? []
          : [{ key, sentence: `"${name}" is the name of a mailing list: write its ID, ${found.id}.` }]
      }),
    )
  }

  private fill(id: string, values: readonly string[]): void {
    this.lists.get(id)?.replaceChildren(...values.map((value) => element('option', { value })))
  }
}

/** The user's own properties before those of the SDKs, which begin with `$`. */
function ownFirst(names: readonly string[]): string[] {
  const isOwn = (name: string): boolean => !name.startsWith('$')
  return [...names.filter(isOwn), ...names.filter((name) => !isOwn(name))]
}

function objectIn(value: object | undefined, key: string): Record<string, unknown> {
  const inner = (value as Record<string, unknown> | undefined)?.[key]
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
}
