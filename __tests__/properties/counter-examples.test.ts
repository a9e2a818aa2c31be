/** What the property-based tests have found, each in its smallest form and by its name. */
import { loopsValue } from '../../src/loops/values'
import { parseSettings } from '../../src/settings/settings'
import { translate } from '../../src/translate/translate'
import { apiKey, eventWith, problemsIn, receivedAt, requestFrom, settingsFor } from '../app/setup'

const sendsAll = { trackedEvents: '*', contactEvents: '', eventProperties: '', includeAllEventProperties: 'Yes' }
const updatesAll = { trackedEvents: '', contactEvents: '*', contactProperties: '', includeAllPersonProperties: 'Yes' }
const ada = { email: 'ada@example.com' }

describe('a settings error', () => {
  it.each([
    ['a name that is there twice', { eventProperties: 'a\nb: 1, a\nb: 2' }],
    ['the name of a value', { eventProperties: '{"a\\nb": null}' }],
    ['the name of a mailing list', { eventMailingLists: '{"a\\nb": 1}' }],
    ['the key of a filter', { eventFilters: '[{"key": "a\\nb", "operator": "like"}]' }],
    ['a separator that JSON leaves as it is', { eventProperties: 'a\u2028b' }],
    ['a control character that JSON leaves as it is', { eventProperties: 'a\u0085b' }],
  ])('stays on one line: %s', (_, config) => {
    expect(problemsIn(config)).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
  })

  it.each([
    ['cut at its end', { eventProperties: `${'x'.repeat(100)}${apiKey}` }],
    ['in small letters', { excludedEmails: `${apiKey.toUpperCase()} is no address` }],
  ])('does not show the key that was pasted into another field: %s', (_, config) => {
    const key = 'excludedEmails' in config ? apiKey.toUpperCase() : apiKey
    expect(() => parseSettings({ ...config, apiKey: key })).toThrow(/^Loops settings: /)
    expect(problemsIn({ ...config, apiKey: key }).toLowerCase()).not.toContain(key.slice(0, 16).toLowerCase())
  })

  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  it.each([
    ['a filter without a key', { eventFilters: `[{"value": ${deep}}]` }],
    ['the value of a filter', { eventFilters: `[{"key": "a", "operator": "icontains", "value": ${deep}}]` }],
    ['the value of a mapping', { eventProperties: `{"a": ${deep}}` }],
  ])('is what comes of deep nesting: %s', (_, config) => {
    expect(problemsIn(config)).toMatch(/^Loops settings: /)
  })
})

describe('a request that Loops takes', () => {
  it('never resets `subscribed`, which Loops does not know how to do', () => {
    const config = { ...updatesAll, contactProperties: 'subscribed: {person.properties.newsletter}' }
    const removes = eventWith({ $set: ada, $unset: ['newsletter'] })
    expect(requestFrom(removes, config).body).not.toHaveProperty('subscribed')
  })

  it('resets a property by the name under which it was sent, without spaces', () => {
    const { body } = requestFrom(eventWith({ $set: ada, $unset: [' plan', ' $lib', ' id'] }), updatesAll)
    expect(body).toEqual({ plan: null, email: 'ada@example.com', userId: 'user_1' })
  })

  it('has no two event properties that differ by spaces around them', () => {
    const { body } = requestFrom(eventWith({ plan: 'free', ' plan': 'pro', ' $lib': 'web', ' ': 1 }), sendsAll)
    expect(body.eventProperties).toEqual({ plan: 'pro' })
  })

  it('has no email that is too long as JSON', () => {
    const email = `${'\ud83d'.repeat(100)}@example.com`
    expect(requestFrom(eventWith({ $set: { email } }), sendsAll).body).not.toHaveProperty('email')
  })
})

describe('a translation that does not throw', () => {
  it.each([
    ['no text can be made of the token', { token: { toString: 1, valueOf: 1 } }],
    ['the token is nested deeply', { token: nested(20_000) }],
  ])('%s', (_, properties) => {
    expect(translate(eventWith(properties), settingsFor(sendsAll), receivedAt)).toBeDefined()
  })

  it.each(['exact', 'is_not'])('a filter is held against a list in 20,000 lists: %s', (operator) => {
    const eventFilters = JSON.stringify([{ key: 'list', operator, value: 'a' }])
    const settings = settingsFor({ ...sendsAll, eventFilters })
    expect(() => translate(eventWith({ list: nested(20_000) }), settings, receivedAt)).not.toThrow()
  })

  function nested(depth: number): unknown {
    let list: unknown = 'inside'
    for (let level = 0; level < depth; level++) list = [list]
    return list
  }
})

describe('text that is cut', () => {
  it('may end with half a pair only if it came so', () => {
    expect(loopsValue(`x${'\ud83d'.repeat(100)}`)).toBe(`x${'\ud83d'.repeat(82)}`)
  })
})
