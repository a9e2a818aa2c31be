import type { LoopsEvent, LoopsState, MailingListState } from '../contract'
import { byId, counted, element } from './dom'

/** The properties that every contact has or that are shown elsewhere. */
const SHOWN_ELSEWHERE = ['id', 'email', 'userId', 'subscribed', 'mailingLists', 'optInStatus']

/** Draws the contacts, mailing lists and events of the Loops simulator. */
export function showLoops({ contacts, lists, events, eventCount }: LoopsState): void {
  const isEmpty = contacts.length === 0
  byId('reset-loops', 'button').disabled = isEmpty
  byId('loops-body', 'div').replaceChildren(
    ...(isEmpty
      ? [
          element(
            'p',
            { class: 'quiet-text' },
            'It is empty. ',
            element('span', { class: 'if-preview' }, 'Turn off “Only preview” and send an event: '),
            element('span', { class: 'if-sending' }, 'Send an event: '),
            'its contact and the event then appear here.',
          ),
        ]
      : [
          part(counted(contacts.length, 'contact'), contacts.map(contactRow)),
          part(counted(lists.length, 'mailing list'), lists.map(listRow)),
          part(counted(eventCount, 'event'), events.map(eventRow)),
        ]),
  )
}

function part(heading: string, rows: HTMLElement[]): HTMLElement {
  return element('section', { class: 'card' }, element('h4', {}, heading), element('ul', { class: 'records' }, ...rows))
}

function contactRow(contact: Record<string, unknown>): HTMLElement {
  const { email, userId, subscribed } = contact
  const others = Object.entries(contact).filter(([name]) => !SHOWN_ELSEWHERE.includes(name))
  return element(
    'li',
    {},
    element('p', {}, element('strong', {}, String(email)), subscribed === true ? '' : ' unsubscribed'),
    element('p', { class: 'values' }, ...pairs([['userId', userId], ...others])),
  )
}

function listRow({ id, name, members }: MailingListState): HTMLElement {
  return element(
    'li',
    {},
    element('p', {}, element('strong', {}, name), ' ', element('code', {}, id)),
    element('p', { class: 'values' }, members.length === 0 ? 'no contacts' : members.join(', ')),
  )
}

function eventRow({ eventName, email, eventProperties }: LoopsEvent): HTMLElement {
  return element(
    'li',
    {},
    element('p', {}, element('strong', {}, eventName), ` of ${email}`),
    element('p', { class: 'values' }, ...pairs(Object.entries(eventProperties))),
  )
}

function pairs(entries: readonly [string, unknown][]): HTMLElement[] {
  return entries
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => element('span', {}, element('i', {}, `${name} `), String(value)))
}
