import { filtersOfRows, rowsOfFilters } from '../../tools/playground/page/filter-rows'
import { filtersIn, mappingOfRows, rowsOfMapping, textOfFilters } from '../../tools/playground/page/setting-text'
import { settingsFor } from '../app/setup'

describe('rows of a mapping', () => {
  test.each<[string, string[][], string]>([
    ['placeholders', [['plan', '{person.properties.plan}']], 'plan: {person.properties.plan}'],
    [
      'texts',
      [
        ['source', 'PostHog 2'],
        ['n', '-1.5'],
      ],
      'source: PostHog 2, n: -1.5',
    ],
    [
      'mixed texts',
      [['name', '{event.properties.first} {event.properties.last name}']],
      'name: {event.properties.first} {event.properties.last name}',
    ],
    ['a comma', [['note', 'a, b']], '{"note":"a, b"}'],
    [
      'a colon in a name',
      [['order: total', '{event.properties.total}']],
      '{"order: total":"{event.properties.total}"}',
    ],
    ['quotes', [['note', '"a"']], '{"note":"\\"a\\""}'],
    ['signs that are slips elsewhere', [['note', 'a | b; c']], '{"note":"a | b; c"}'],
    ['an equation', [['note', '= a']], '{"note":"= a"}'],
    ['an address', [['link', '//example.com']], '{"link":"//example.com"}'],
    ['bare properties', [['note', 'person.properties.plan']], '{"note":"person.properties.plan"}'],
    ['none', [], ''],
  ])('with %s are the text that the app reads, and the text gives them back', (_name, rows, text) => {
    expect(mappingOfRows(rows)).toBe(text)
    expect(rowsOfMapping(text)).toEqual(rows)
    const written = settingsFor({ eventProperties: text }).eventsToSend.mapping
    const meant = settingsFor({ eventProperties: JSON.stringify(Object.fromEntries(rows)) }).eventsToSend.mapping
    expect([...written]).toEqual([...meant])
  })

  test.each(['no mapping', '[]', '{"a": {"b": 1}}', '{"a": '])('cannot show %s', (text) => {
    expect(rowsOfMapping(text)).toBeUndefined()
  })
})

describe('rows of filters', () => {
  test.each<[string, string[][], string]>([
    ['a text', [['event', 'plan', 'exact', 'pro']], 'plan = pro'],
    ['a number', [['event', 'total', 'gt', '100']], 'total > 100'],
    ['a person', [['person', 'email', 'is_set', '']], 'person.email is set'],
    [
      'words',
      [
        ['event', 'name', 'not_icontains', 'ada l'],
        ['event', '$os', 'is_not', 'iOS'],
      ],
      'name not contains ada l, $os != iOS',
    ],
    [
      'a comma',
      [['event', 'name', 'exact', 'a, b']],
      '[{"key":"name","type":"event","operator":"exact","value":"a, b"}]',
    ],
    [
      'several words that look like filters',
      [['event', 'name', 'exact', 'a or b']],
      '[{"key":"name","type":"event","operator":"exact","value":"a or b"}]',
    ],
    [
      'a name with blanks',
      [['event', 'is set', 'is_set', '']],
      '[{"key":"is set","type":"event","operator":"is_set"}]',
    ],
    [
      'a regular expression',
      [['event', 'path', 'regex', '^/a|b']],
      '[{"key":"path","type":"event","operator":"regex","value":"^/a|b"}]',
    ],
    ['none', [], ''],
  ])('with %s are the text that the app reads, and the text gives them back', (_name, rows, text) => {
    expect(textOfFilters(filtersOfRows(rows))).toBe(text)
    expect(rowsOfFilters(filtersIn(text) ?? [])).toEqual(rows)
    const read = (eventFilters: string) =>
      settingsFor({ eventFilters }).eventsToSend.filters.map(({ key, type, failureOf }) => [key, type, failureOf('x')])
    expect(read(text)).toEqual(read(JSON.stringify(filtersOfRows(rows))))
  })

  test.each([
    'plan is pro',
    '[{"key": "plan", "operator": "exact", "value": ["a", "b"]}]',
    '[{"key": "day", "operator": "is_date_before", "value": "2024-05-01"}]',
    '{"key": "plan"}',
  ])('cannot show %s', (text) => {
    const filters = filtersIn(text)
    expect(filters && rowsOfFilters(filters)).toBeUndefined()
  })
})
