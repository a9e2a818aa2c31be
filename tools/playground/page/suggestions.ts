import { element } from './dom'

interface NamedList {
  id: string
  name: string
}

/** What rows suggest: the properties of the chosen event and of its person, and the mailing lists. */
export class Suggestions {
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
    const names = Object.keys(properties).filter((name) => !['$set', '$set_once', '$unset'].includes(name))
    const placeholders = [
      ...names.map((name) => `{event.properties.${name}}`),
      ...Object.keys(person).map((name) => `{person.properties.${name}}`),
    ]
    this.fill('placeholders', placeholders)
    this.fill('property-names', [...new Set([...names, ...Object.keys(person)])])
    this.fill('list-values', ['true', 'false', ...placeholders])
  }

  showEventNames(events: readonly { readonly event: string }[]): void {
    this.fill('event-names', [...new Set(events.map(({ event }) => event))])
  }

  showLists(lists: readonly NamedList[]): void {
    const options = lists.map(({ id, name }) => element('option', { value: id }, name))
    this.lists.get('mailing-lists')?.replaceChildren(...options)
  }

  private fill(id: string, values: readonly string[]): void {
    this.lists.get(id)?.replaceChildren(...values.map((value) => element('option', { value })))
  }
}

function objectIn(value: object | undefined, key: string): Record<string, unknown> {
  const inner = (value as Record<string, unknown> | undefined)?.[key]
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
}
