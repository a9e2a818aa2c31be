import { byId, element } from './dom'
import type { Property } from './settings-panel'

/** What a property of the chosen event can be used for. */
export interface PropertyUses {
  map(property: Property): void
  filterBy(property: Property): void
}

/** Makes the names of the properties in the JSON of an event buttons that open a menu: map it, or filter by it. */
export function connectProperties(json: HTMLElement, event: object | undefined, uses: PropertyUses): void {
  const properties = objectIn(event, 'properties')
  const person = objectIn(properties, '$set')
  let path: string[] = []
  for (const name of json.querySelectorAll<HTMLElement>('.json-name')) {
    const depth = depthOf(name)
    path = [...path.slice(0, depth), JSON.parse(name.textContent) as string]
    const [top, key = '', inner = ''] = path
    if (top !== 'properties') continue
    if (depth === 1 && !SETS.includes(key)) offer(name, { of: 'event', name: key, value: properties[key] }, uses)
    if (depth === 2 && key === '$set') offer(name, { of: 'person', name: inner, value: person[inner] }, uses)
  }
}

const SETS = ['$set', '$set_once', '$unset']

/** How many objects and lists the name is in: the JSON is indented by two spaces. */
function depthOf(name: HTMLElement): number {
  const spaces = /\n( *)$/.exec(name.previousSibling?.textContent ?? '')?.[1]?.length ?? 2
  return spaces / 2 - 1
}

function offer(name: HTMLElement, property: Property, uses: PropertyUses): void {
  const button = element(
    'button',
    { type: 'button', class: 'json-name property', title: 'Map it, or filter by it' },
    name.textContent,
  )
  button.addEventListener('click', () => {
    openMenu(button, property, uses)
  })
  name.replaceWith(button)
}

function openMenu(button: HTMLElement, property: Property, uses: PropertyUses): void {
  const menu = byId('property-menu', 'div')
  const item = (label: string, use: () => void): HTMLElement => {
    const made = element('button', { type: 'button', class: 'quiet' }, label)
    made.addEventListener('click', () => {
      menu.hidePopover()
      use()
    })
    return made
  }
  menu.replaceChildren(
    item(`Map ${property.name}`, () => {
      uses.map(property)
    }),
  )
  if (['string', 'number', 'boolean'].includes(typeof property.value)) {
    const filter = item(`Send only if ${property.name} is ${String(property.value).slice(0, 30)}`, () => {
      uses.filterBy(property)
    })
    menu.append(filter)
  }
  const { left, bottom } = button.getBoundingClientRect()
  menu.style.left = `${Math.min(left, window.innerWidth - 320)}px`
  menu.style.top = `${Math.min(bottom, window.innerHeight - 100)}px`
  menu.showPopover()
  menu.querySelector('button')?.focus()
}

function objectIn(value: object | undefined, key: string): Record<string, unknown> {
  const inner = (value as Record<string, unknown> | undefined)?.[key]
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
}
