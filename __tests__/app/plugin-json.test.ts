import { settingFields } from '../../src/settings/field'
import plugin from '../../plugin.json'

const fields = Object.entries(settingFields)

/** The heading of each group stands on its first field: on newer servers an entry that has only `markdown` draws nothing. */
const headings: Readonly<Record<string, string>> = {
  apiKey: '### Connect',
  email: '### People',
  trackedEvents: '### Events to send',
  contactEvents: '### Contacts to update',
  dryRun: '### Advanced',
}

describe('plugin.json', () => {
  it('names what PostHog needs', () => {
    expect(plugin).toMatchObject({ name: 'Loops', main: 'dist/index.js', posthogVersion: '>= 1.25.0' })
  })

  it('declares the settings that the app reads, in the same order', () => {
    expect(plugin.config.map(({ key }) => key)).toEqual(fields.map(([key]) => key))
  })

  it.each(fields)('declares %s as the app reads it', (key, field) => {
    const declared = plugin.config.find((declaredField) => declaredField.key === key)
    expect(declared).toEqual({
      ...(key in headings && { markdown: headings[key] }),
      key,
      name: field.label,
      type: 'choices' in field ? 'choice' : 'string',
      default: field.default,
      required: key === 'apiKey' || key === 'email',
      ...('choices' in field && { choices: field.choices }),
      ...(key === 'apiKey' && { secret: true }),
      hint: expect.stringMatching(/^(\*\*)?[A-Z].*[.]$/) as string,
    })
  })

  it.each(plugin.config.filter(({ type }) => type === 'string'))('gives an example or a link for $key', ({ hint }) => {
    expect(hint).toMatch(/`[^`]+`|\]\(https:\/\/app\.loops\.so\//)
  })

  it.each(plugin.config)('explains $key in one or two sentences', ({ hint }) => {
    const withoutCode = hint.replace(/`[^`]*`/g, 'code')
    expect(withoutCode.split(/[.] (?=[A-Z])/).length).toBeLessThanOrEqual(2)
  })

  it('uses no key that PostHog keeps for itself', () => {
    expect(plugin.config.filter(({ key }) => ['enabled', 'order', 'name', 'description'].includes(key))).toEqual([])
  })
})
