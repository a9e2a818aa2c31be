import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { appDirectory } from '../../../tools/lib/app-files'
import { countEvents } from '../../../tools/lab/bench/counts'
import type { EventCounts } from '../../../tools/lab/bench/counts'
import { run, summaryRows } from '../../../tools/lab/bench/run'

describe('the app', () => {
  let counted: EventCounts[] = []
  beforeAll(async () => {
    counted = await countEvents()
  }, 120_000)

  it.each([
    ['directly', 3, 11],
    ['by a job', 4, 18],
  ] as const)('takes, for an event delivered %s, at most %d awaits and %d commands', (delivered, awaits, commands) => {
    const counts = counted.filter((one) => one.isSent && one.delivered === delivered)
    expect(Math.max(...counts.map((one) => one.awaits.most))).toBe(awaits)
    expect(Math.max(...counts.map((one) => one.commands.most))).toBe(commands)
  })

  it('takes what the table in docs/measurements.md says', () => {
    const [costs = ''] = readFileSync(join(appDirectory, 'docs/measurements.md'), 'utf8').split('## Faults')
    const page = costs.split('\n')
    const cells = page.filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1))
    const [titles, , ...rows] = cells.map((line) => line.map((cell) => cell.trim()))
    expect([titles, ...rows]).toEqual(summaryRows(counted))
  })

  it('awaits nothing and asks the cache nothing for an event that is not sent', () => {
    const unsent = counted.filter(({ isSent }) => !isSent)
    expect(unsent.length).toBeGreaterThan(2)
    expect(unsent.flatMap(({ steps }) => steps)).toEqual([])
  })
})

describe('npm run lab bench', () => {
  async function printed(...args: string[]) {
    const output = { said: '', told: '' }
    const code = await run(args, {
      say: (text) => (output.said += text),
      tell: (text) => (output.told += text),
    })
    return { code, ...output }
  }

  it('prints a row for each kind of event, and with --steps the way of the costliest one', async () => {
    const { code, said } = await printed('--steps')
    expect(code).toBe(0)
    expect(said).toMatch(/^event, user ID alone +later +directly +[\d-]+ +[\d-]+ +[\d-]+$/m)
    expect(said).toMatch(/^event, user ID alone, first of its contact, by a job:\n( {2}(cache|fetch|jobs) .*\n)+/m)
  })

  it('refuses an unknown option', async () => {
    expect(await printed('--compare')).toMatchObject({
      code: 1,
      told: "Unknown option '--compare'. See npm run lab bench -- --help.\n",
    })
  })
})
