import { PersonsApi } from '../../../tools/simulators/posthog/persons-api'
import { event, install, virtual } from './setup'

const ada = { uuid: '018e0000-0000-7000-8000-00000000ada1', distinct_ids: ['ada'], properties: {} }

describe('the persons API', () => {
  const source = `export const onEvent = async () => {
    const path = '/api/projects/@current/persons/?distinct_id=ada'
    const answer = await posthog.api.get(path, { host: 'https://posthog.example.com' })
    console.log((await answer.json()).results.length)
  }`
  const installed = () => {
    const { clock, seconds } = virtual()
    const persons = new PersonsApi(clock, [])
    const installation = install('2024-02', source, { clock, posthogApi: persons.answer })
    const worker = installation.startWorker()
    const told = async () => {
      const delivering = worker.deliver(event()).then(() => seconds())
      const ended = await clock.settled(delivering)
      return [installation.logs.at(-1)?.message, ended]
    }
    return { clock, persons, told }
  }

  it('learns of a person seconds after it was made', async () => {
    const { clock, persons, told } = installed()
    persons.learn(ada, 5000)
    await clock.run(clock.now() + 4000)
    expect(await told()).toEqual(['0', 4])
    await clock.run(clock.now() + 2000)
    expect(await told()).toEqual(['1', 6])
  })

  it('may hang, until the server ends the wait of the app', async () => {
    const { persons, told } = installed()
    persons.fault = 'hangs'
    expect(await told()).toEqual([expect.stringContaining('Script execution timed out after 30 s'), 30])
  })
})
