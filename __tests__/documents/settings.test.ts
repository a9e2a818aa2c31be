import plugin from '../../plugin.json'
import { settingFields } from '../../src/settings/field'
import type { SettingKey } from '../../src/settings/field'
import { settingsFor } from '../app/setup'
import { anchorsIn, codeIn, documents, linksIn, rowsOf, sectionOf, textOf } from './setup'

const keys = Object.keys(settingFields) as SettingKey[]

describe('docs/settings.md', () => {
  const rows = rowsOf(textOf('docs/settings.md'), 'setting')

  it('has the settings of plugin.json in their order, with their defaults', () => {
    expect(rows.map((cells) => cells.slice(0, 3))).toEqual(
      plugin.config.map(({ key, name, default: value, required }) => [
        expect.stringMatching(
          new RegExp(`^\\[${escaped(name)}\\]\\(#[\\w-]+\\)${required ? ', required' : ''}$`),
        ) as string,
        `\`${key}\``,
        value === '' ? '' : `\`${value}\``,
      ]),
    )
  })

  it('describes each setting under a heading of its own, in the groups of the panel', () => {
    const headings = [...textOf('docs/settings.md').matchAll(/^(#+ .*)$/gm)].map(([, heading]) => heading)
    const panel = plugin.config.flatMap((field) => [
      ...('markdown' in field ? [field.markdown.replace('###', '##')] : []),
      `### ${field.name}`,
    ])
    expect(headings.slice(1, panel.length + 1)).toEqual(panel)
    expect(linksIn('docs/settings.md').slice(1, keys.length + 1)).toEqual(
      plugin.config.map(
        ({ name }) => `#${anchorsIn('docs/settings.md').findLast((anchor) => isAnchorOf(anchor, name))}`,
      ),
    )
  })

  it.each(keys)('has an example in the table that the app accepts: %s', (key) => {
    const example = rows[keys.indexOf(key)]?.[4] ?? ''
    const text = /^`(.*)`$/.exec(example)?.[1]?.replace(/\\\|/g, '|') ?? ''
    expect(text).not.toBe('')
    expect(() => settingsFor({ [key]: text })).not.toThrow()
  })

  it.each<[key: SettingKey, section: string]>([
    ['email', 'Email of the user'],
    ['excludedEmails', 'Excluded emails'],
    ['trackedEvents', '### Events to send'],
    ['eventFilters', 'Property filters'],
    ['eventMailingLists', 'Mailing lists'],
    ['eventProperties', 'Mappings'],
  ])('shows examples that the app accepts for %s', (key, section) => {
    const text = section.startsWith('#')
      ? textOf('docs/settings.md').split(`\n${section}\n`)[1]?.split('\n#')[0]
      : undefined
    const examples = ['text', 'json'].flatMap((language) =>
      codeIn(text ?? sectionOf('docs/settings.md', section), language),
    )
    expect(examples).not.toEqual([])
    for (const example of examples) expect(() => settingsFor({ [key]: example.trim() })).not.toThrow()
  })
})

/** Settings that a text names with a value, as in "`userId`: `{event.distinct_id}`". */
const named = documents.flatMap((document) =>
  [...textOf(document).matchAll(/`(\w+)`: `([^`]+)`/g)].flatMap(
    ([, key = '', value = '']): [string, SettingKey, string][] => {
      const known = keys.find((one) => one === key)
      return known === undefined ? [] : [[document, known, value]]
    },
  ),
)

describe('a setting that a document names with its value', () => {
  it.each(named)('is accepted: %s: %s: %s', (_, key, value) => {
    expect(() => settingsFor({ [key]: value })).not.toThrow()
  })
})

function isAnchorOf(anchor: string, name: string): boolean {
  const plain = name
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replace(/ /g, '-')
  return anchor === plain || anchor === `${plain}-1`
}

function escaped(text: string): string {
  return text.replace(/[()]/g, '\\$&')
}
