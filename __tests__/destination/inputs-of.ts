/** The app's settings, as they were meant, written as the inputs of the destination. */
import type { Config } from '../../src/panel/field'
import type { MeantMapping, MeantSettings, Part, Parts } from '../properties/settings'
import type { Values } from './given'

/** What the app makes of the event: PostHog's own filters decide that for the destination. */
export interface Matching {
  readonly action: 'event' | 'contact' | 'both'
  readonly eventName: string
  readonly loopsName: string
}

export function inputsOf(meant: MeantSettings, { action, eventName, loopsName }: Matching): Values {
  const { config } = meant
  const lists = [action !== 'event' && meant.contactMailingLists, action !== 'contact' && meant.eventMailingLists]
  return {
    email: `{[${meant.email.map(hogText).join(', ')}]}`,
    userId: meant.userId.length === 0 ? '' : `{${hogText(meant.userId)}}`,
    excludedEmails: meant.excludedEmails.join(', '),
    mailingListsFromEvents: isYes(config, 'mailingListsFromEvents'),
    action,
    eventNames: loopsName === eventName ? {} : { [eventName]: escaped(loopsName) },
    eventProperties: dictionary(meant.eventMapping),
    includeAllEventProperties: isYes(config, 'includeAllEventProperties'),
    contactProperties: dictionary(meant.contactMapping),
    includeAllPersonProperties: isYes(config, 'includeAllPersonProperties'),
    mailingLists: dictionary(lists.flatMap((list) => (list === false ? [] : list))),
  }
}

type Switch = 'includeAllEventProperties' | 'includeAllPersonProperties' | 'mailingListsFromEvents'

function isYes(config: Config, key: Switch): boolean {
  return config[key] === 'Yes'
}

function dictionary(mapping: MeantMapping): Record<string, unknown> {
  return Object.fromEntries(
    mapping.map(([name, value]) => {
      if (typeof value === 'string') return [name, escaped(value)]
      return [name, typeof value === 'object' ? template(value) : value]
    }),
  )
}

/** Text in a template, where braces and backslashes have a meaning. */
function escaped(text: string): string {
  return text.replace(/[\\{]/g, (sign) => `\\${sign}`)
}

function template(parts: Parts): string {
  return parts.map((part) => ('text' in part ? escaped(part.text) : `{${hogPart(part)}}`)).join('')
}

/** Several parts put together in Hog. */
function hogText(parts: Parts): string {
  const [only, ...others] = parts.map(hogPart)
  return only !== undefined && others.length === 0 ? only : `concat(${parts.map(hogPart).join(', ')})`
}

function hogPart(part: Part): string {
  if ('text' in part) return literal(part.text)
  if ('event' in part) return `event.${part.event}`
  if ('eventProperty' in part) return wholeOrPath('event.properties', part.eventProperty)
  return 'personProperty' in part ? wholeOrPath('person.properties', part.personProperty) : 'person.id'
}

function wholeOrPath(root: string, name: string): string {
  const whole = `${root}[${literal(name)}]`
  const path = name.split('.').map((step) => `[${literal(step)}]`)
  return path.length === 1 ? whole : `(${whole} ?? ${root}${path.join('')})`
}

function literal(text: string): string {
  return `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`
}
