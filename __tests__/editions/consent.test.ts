/** The values that give or withdraw consent, wherever a value is consent. */
import { eventWith } from '../app/setup'
import { editions, loadEditions } from './editions'
import type { Config } from '../../src/settings/field'

beforeAll(loadEditions)

const list = 'cm06f5v0e45nf0ml5754o9cix'
const email = 'ada@example.com'
const off = { trackedEvents: '', contactEvents: 'purchase', contactProperties: '' }

/** Where a request has the consent, and the event that brings it. */
const PLACES: readonly [string, Config, (value: unknown) => Record<string, unknown>, 'mailingLists' | 'subscribed'][] =
  [
    [
      'a mailing list of an update',
      { ...off, contactMailingLists: `${list}: {person.properties.newsletter}` },
      (value) => ({ $set: { email, newsletter: value } }),
      'mailingLists',
    ],
    [
      'a mailing list of an event that is sent',
      { trackedEvents: 'purchase', contactEvents: '', eventMailingLists: `${list}: {event.properties.newsletter}` },
      (value) => ({ newsletter: value, $set: { email } }),
      'mailingLists',
    ],
    [
      'a mailing list that the event brings',
      { ...off, mailingListsFromEvents: 'Yes' },
      (value) => ({ mailingLists: { [list]: value }, $set: { email } }),
      'mailingLists',
    ],
    [
      'a mailing list in the $set of the event',
      { ...off, mailingListsFromEvents: 'Yes' },
      (value) => ({ $set: { email, mailingLists: { [list]: value } } }),
      'mailingLists',
    ],
    [
      'subscribed',
      { ...off, contactProperties: 'subscribed: {person.properties.marketing}' },
      (value) => ({ $set: { email, marketing: value } }),
      'subscribed',
    ],
  ]

const GIVEN = [true, 'true', 'True', 'TRUE', ' true ', 1, '1', 'yes', 'Yes', 'YES', 'on', 'On']
const WITHDRAWN = [false, 'false', 'False', 'FALSE', 'false\n', 0, '0', 'no', 'No', 'NO', 'off', 'OFF']
const UNCLEAR = ['maybe', 'y', 'n', 't', '2', 2, -1, 0.5, '1.0', 'not yet', ' ', [true], ['true'], { a: true }]
const EMPTY = [null, undefined, '', [], {}, 'undefined', 'null', '[object Object]']

describe.each(editions)('consent in the %s', (_, edition) => {
  describe.each(PLACES)('for %s', (__, config, properties, place) => {
    const resultFor = (value: unknown) => edition.resultOf(eventWith(properties(value)), config)
    const name = place === 'subscribed' ? place : list
    const consent = (value: boolean) => (place === 'subscribed' ? value : { [list]: value })

    it.each(GIVEN.map((value) => [value]))('is given by %p', (value) => {
      expect(resultFor(value)).toMatchObject({ request: { body: { [place]: consent(true) } } })
    })

    it.each(WITHDRAWN.map((value) => [value]))('is withdrawn by %p', (value) => {
      expect(resultFor(value)).toMatchObject({ request: { body: { [place]: consent(false) } } })
    })

    it.each(UNCLEAR.map((value) => [value]))('is not in %p, as the log says', (value) => {
      const result = resultFor(value)
      expect(result).toMatchObject({ request: { body: { email } }, unclear: [name] })
      expect(result).not.toHaveProperty(['request', 'body', place])
    })

    it.each(EMPTY.map((value) => [value]))('is missing if the value is %p', (value) => {
      const result = resultFor(value)
      expect(result).toMatchObject({ request: { body: { email } } })
      expect(result).not.toHaveProperty(['request', 'body', place])
      expect(result).not.toHaveProperty('unclear')
    })
  })

  it('is not reported as unclear if another source has an answer for the list', () => {
    const config = { ...off, mailingListsFromEvents: 'Yes', contactMailingLists: `${list}: true` }
    const event = eventWith({ mailingLists: { [list]: 'maybe' }, $set: { email } })
    const result = edition.resultOf(event, config)
    expect(result).toMatchObject({ request: { body: { mailingLists: { [list]: true } } } })
    expect(result).not.toHaveProperty('unclear')
  })

  it('never comes from the name of a property', () => {
    const named = {
      [`mailingLists/${list}`]: true,
      [`mailingLists.${list}`]: true,
      ' mailingLists ': { [list]: true },
      mailingLists: { [list]: true },
    }
    const all = { includeAllEventProperties: 'Yes', includeAllPersonProperties: 'Yes', eventProperties: '' }
    const event = eventWith({ ...named, $set: { email, ...named }, $unset: ['mailingLists'] })
    for (const config of [off, { ...off, trackedEvents: 'purchase' }]) {
      const result = edition.resultOf(event, { ...config, ...all })
      expect(result).toMatchObject({ request: { body: { [`mailingLists/${list}`]: true, email } } })
      expect(result).not.toHaveProperty(['request', 'body', 'mailingLists'])
    }
  })
})
