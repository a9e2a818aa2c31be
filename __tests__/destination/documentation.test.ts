import { textOf } from '../documents/setup'
import built from '../../dist/destination.json'

const documentation = textOf('docs/destination.md')

interface Field {
  readonly key: string
  readonly label: string
  readonly default?: unknown
}

describe('docs/destination.md', () => {
  const forms: readonly { readonly inputs_schema: readonly Field[] }[] = [built, ...built.mappings]
  const fields = forms.flatMap(({ inputs_schema }) => inputs_schema)
  const rows = [...documentation.matchAll(/^\| `(\w+)` +\| (.+?) +\| (.*?) +\|/gm)]

  it('has every input with its label and its defaults', () => {
    const documented = rows.map(([, key = '', label = '', defaults = '']) => ({ key, label, defaults }))
    const expected = [...new Set(fields.map(({ key }) => key))].map((key) => {
      const same = fields.filter((field) => field.key === key)
      const defaults = same.map(({ default: value }) => defaultText(value)).filter((text) => text !== '')
      return { key, label: same[0]?.label ?? '', defaults: [...new Set(defaults)].join(', ') }
    })
    const byKey = (one: { key: string }, other: { key: string }): number => one.key.localeCompare(other.key)
    expect(documented.sort(byKey)).toEqual(expected.sort(byKey))
  })

  function defaultText(value: unknown): string {
    if (value === undefined || value === '') return ''
    const json =
      typeof value === 'string' ? value : JSON.stringify(value).replace(/":"/g, '": "').replace(/","/g, '", "')
    return `\`${json}\``
  }
})
