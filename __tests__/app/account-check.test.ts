import { install, captured } from './person/setup'

describe('the check of the settings against the account', () => {
  const lists = [{ id: 'cm06f5v0e45nf0ml5754o9cix', name: 'Main list', description: null, isPublic: true }]
  async function warnings(changes: Record<string, string>, fault?: 500): Promise<{ lines: string[]; asked: string[] }> {
    const { clock, api, app, worker } = install({ ...changes, posthogUrl: '' })
    if (fault) api.setFault(({ path }) => (path.endsWith('/api-key') ? undefined : { kind: 'status', status: fault }))
    void worker.deliver(captured('other', {}))
    await clock.run()
    const lines = app.logs.filter(({ level }) => level !== 'LOG').map(({ message }) => message)
    return { lines, asked: api.requests().map(({ path }) => path.replace('/api/v1', '')) }
  }
  const remedy = 'Create mailing lists in Loops, Settings -> Lists, and contact properties in Settings -> API.'

  it.each<[string, Record<string, string>, string[], string[]]>([
    ['nothing to check', {}, [], ['/api-key']],
    [
      'names that Loops has',
      { contactProperties: 'firstName: x, userGroup: y' },
      [],
      ['/api-key', '/contacts/properties?list=all'],
    ],
    [
      'names that Loops does not have',
      { contactProperties: 'frstName: x, Last name: y, quota: z' },
      [
        'The settings name mailing lists or contact properties that the Loops account lacks: contact property "frstName" (did you mean "firstName"?), ' +
          `contact property "Last name" (did you mean "lastName"?), contact property "quota". ${remedy}`,
      ],
      ['/api-key', '/contacts/properties?list=all'],
    ],
    ['a list that Loops has', { eventMailingLists: `${lists[0]?.id ?? ''}: true` }, [], ['/api-key', '/lists']],
    [
      'the name of a list in place of its ID, in both halves',
      { eventMailingLists: 'Main list: true', contactMailingLists: 'Main list: false', contactProperties: 'source: x' },
      [
        `The settings name mailing lists or contact properties that the Loops account lacks: mailing list "Main list" (did you mean "${lists[0]?.id ?? ''}"?). ${remedy}`,
      ],
      ['/api-key', '/lists', '/contacts/properties?list=all'],
    ],
    [
      'an address in the wrong setting',
      { eventMailingLists: 'ada@example.com: true' },
      [
        `The settings name mailing lists or contact properties that the Loops account lacks: mailing list "[email]". ${remedy}`,
      ],
      ['/api-key', '/lists'],
    ],
    [
      'a half that is off',
      { contactEvents: '', contactProperties: 'quota: x', contactMailingLists: 'x: true' },
      [],
      ['/api-key'],
    ],
  ])('%s', async (_, changes, lines, asked) => {
    expect(await warnings(changes)).toEqual({ lines, asked })
  })

  it('is no error when it fails', async () => {
    const { lines, asked } = await warnings({ contactProperties: 'quota: x', eventMailingLists: 'x: true' }, 500)
    expect(lines).toEqual([])
    expect(asked).toHaveLength(3)
  })
})
