import { freeName, withMappings, withRecipe } from '../../tools/playground/page/combined'

describe('a recipe that is added', () => {
  test.each<[string, Record<string, string>, Record<string, string>, Record<string, string>, string[]]>([
    [
      'joins events, properties, lists and filters',
      { trackedEvents: 'a, b', eventProperties: 'x: 1', contactMailingLists: 'l1: true', eventFilters: 'plan = pro' },
      { trackedEvents: 'b, c', eventProperties: 'y: 2', contactMailingLists: 'l2: false', eventFilters: 'total > 0' },
      {
        trackedEvents: 'a, b, c',
        eventProperties: 'x: 1, y: 2',
        contactMailingLists: 'l1: true, l2: false',
        eventFilters: 'plan = pro, total > 0',
      },
      [],
    ],
    ['fills what is empty', { contactEvents: '' }, { contactEvents: '$identify' }, { contactEvents: '$identify' }, []],
    ['empties nothing', { contactEvents: '$set' }, { contactEvents: '' }, { contactEvents: '$set' }, []],
    [
      'wins where both map a name',
      { eventProperties: 'x: 1' },
      { eventProperties: 'x: 2' },
      { eventProperties: 'x: 2' },
      [],
    ],
    [
      'keeps JSON of names',
      { trackedEvents: '["a, b"]' },
      { trackedEvents: 'c' },
      { trackedEvents: '["a, b","c"]' },
      [],
    ],
    [
      'leaves what it cannot read',
      { trackedEvents: '{"a": "b"}' },
      { trackedEvents: 'c' },
      { trackedEvents: '{"a": "b"}' },
      ['trackedEvents'],
    ],
  ])('%s', (_, there, recipe, settings, left) => {
    expect(withRecipe(there, recipe)).toEqual({ settings, left })
  })

  test('is mappings of their own in the destination, without those that have no events', () => {
    const mapping = (name: string, events: string[]) => ({ name, events, filters: [], inputs: {} })
    const there = { inputs: { email: 'x' }, mappings: [mapping('Update contacts', []), mapping('Send events', ['a'])] }
    const recipe = {
      inputs: { email: 'y' },
      mappings: [mapping('Update contacts', ['b']), mapping('Send events', ['c'])],
    }
    expect(withMappings(there, recipe)).toEqual({
      inputs: { email: 'x' },
      mappings: [mapping('Send events', ['a']), mapping('Update contacts', ['b']), mapping('Send events 2', ['c'])],
    })
    expect(freeName('Send events', [{ name: 'Send events' }, { name: 'Send events 2' }])).toBe('Send events 3')
  })
})
